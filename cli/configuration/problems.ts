/** One thing that is wrong in a configuration file, where it stands and what to do. */
export interface ConfigurationProblem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Like `clusters[0].name`; empty for the file as a whole. */
  readonly key: string;
  readonly reason: string;
}

/** A path into the parsed file: member names and positions. */
export type KeyPath = readonly (string | number)[];

/** `clusters[0].name` */
export function describeKey(path: KeyPath): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

/** The configuration can't be used. Every problem stands in the message, a line each: file:line:column: key: reason. */
export class ConfigurationInvalid extends Error {
  override readonly name = 'ConfigurationInvalid';
  readonly path: string;
  readonly problems: readonly ConfigurationProblem[];
  constructor(path: string, problems: readonly ConfigurationProblem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    super(
      sorted
        .map(({ line, column, key, reason }) =>
          [`${path}:${line}:${column}`, ...(key === '' ? [] : [key]), reason].join(': '),
        )
        .join('\n'),
    );
    this.path = path;
    this.problems = sorted;
  }
}

/** The file itself can't be read. */
export class ConfigurationUnreadable extends Error {
  override readonly name = 'ConfigurationUnreadable';
}
