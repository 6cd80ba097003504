import { exitCodes, type ExitCode } from './exit-codes.js';

interface CatalogEntry {
  readonly exitCode: ExitCode;
  /** When it happens, for docs/errors.md. */
  readonly when: string;
  /** What to do, unless the error itself knows better. */
  readonly next: string;
}

/** Everything the command line can end with, besides good results. Closed: docs/errors.md is generated from it. */
export const errorCatalog = {
  Usage: {
    exitCode: exitCodes.usage,
    when: 'An option or argument is unknown, missing or malformed. Nothing was done.',
    next: 'see `faultline --help`',
  },
  ConfigurationInvalid: {
    exitCode: exitCodes.usage,
    when: 'The configuration has unknown keys, bad values or contradictions; each is named with file, line and column.',
    next: 'mend the lines named; schemas/config/faultline.schema.json lets an editor help',
  },
  ConfigurationUnreadable: {
    exitCode: exitCodes.usage,
    when: 'The configuration file is missing or unreadable.',
    next: 'give an existing file that may be read, with --config (or --policy)',
  },
  SecretMissing: {
    exitCode: exitCodes.failed,
    when: 'A file or environment variable that should hold a secret, a key or a certificate is missing or empty.',
    next: 'create the file or set the variable that is named',
  },
  DependencyUnavailable: {
    exitCode: exitCodes.failed,
    when: 'Something that Faultline can not start without (database, event log, schema registry, kubeconfig) is missing or refuses.',
    next: 'start or mend what is named; `faultline doctor` tries every connection',
  },
  ServerUnreachable: {
    exitCode: exitCodes.failed,
    when: 'No Faultline answers at the address of --server.',
    next: 'start one with `faultline run`, or name its address with --server or FAULTLINE_SERVER',
  },
  ServerFailed: {
    exitCode: exitCodes.failed,
    when: 'The server answered with an error of its own, or with something that is not an answer of Faultline.',
    next: 'look at the log of the server, and check that --server is the address of a Faultline',
  },
  NotFound: {
    exitCode: exitCodes.notFound,
    when: 'There is no such node or process, no such pause is in force, or there is no journal yet to read.',
    next: 'look at `faultline get nodes` or `faultline get processes`',
  },
  Refused: {
    exitCode: exitCodes.refused,
    when: 'The server understood and refused: the stage or the pause does not take the order, or the rights are missing.',
    next: 'see the reason given',
  },
  ReportsRejected: {
    exitCode: exitCodes.refused,
    when: 'Intake rejected some or all reports; the result names each with path and reason.',
    next: 'mend the reports named and send only those again',
  },
  TimedOut: {
    exitCode: exitCodes.timedOut,
    when: 'What was waited for did not happen within --timeout. It may still happen.',
    next: 'look at it with `faultline describe`, or wait longer with --timeout',
  },
  Differs: {
    exitCode: exitCodes.differs,
    when: 'It is not as it was said to be. `replay --verify`: the folded facts do not give the stored state. `--until`: what is waited for can not come any more. `--expect-count`: there are more or fewer, and nothing was done.',
    next: 'look how it is now',
  },
  ChecksFailed: {
    exitCode: exitCodes.failed,
    when: '`doctor` or `schemas check` found something wrong; each finding is in the result.',
    next: 'do what the result says',
  },
  LeaveLost: {
    exitCode: exitCodes.leaveLost,
    when: '`guard ask`: leave was lost before the command had ended: no heartbeat came through in time, or somebody ended the change. The command was stopped, if it still ran.',
    next: 'look how the node is: the command may have done a part of its work; then ask anew',
  },
  BackupRefused: {
    exitCode: exitCodes.refused,
    when: 'The file is no whole backup, or does not fit the database or the configuration. Nothing was changed.',
    next: 'do what the message says; docs/operations/backup.md tells how a backup is restored',
  },
  ArchiveUnreadable: {
    exitCode: exitCodes.failed,
    when: 'Facts lie in an archive file that is missing, damaged or can not be read here; nothing is told rather than a part.',
    next: 'see that archive.folder is right, or restore the folder from its backup; `faultline archive verify` tells which files are whole',
  },
  Unexpected: {
    exitCode: exitCodes.failed,
    when: 'Something that nobody foresaw.',
    next: 'report it with the output of the same command and FAULTLINE_DEBUG=1',
  },
} as const satisfies Record<string, CatalogEntry>;

export type ErrorCode = keyof typeof errorCatalog;

/** An error whose text is meant for the person at the terminal: one line of what, one of what to do. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly code: ErrorCode;
  readonly next: string;
  constructor(
    code: ErrorCode,
    message: string,
    next: string = errorCatalog[code].next,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.next = next;
  }
}

/** A command that was run in the course of ours has ended: its exit code becomes ours, and there is nothing to tell. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`the command ended with ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Any error as one of the catalog. */
export function asCommandFailed(error: unknown): CommandFailed {
  if (error instanceof CommandFailed) return error;
  if (!(error instanceof Error)) return new CommandFailed('Unexpected', String(error));
  if (error.name === 'RecordUnreadable')
    return new CommandFailed(
      'Usage',
      error.message,
      'give with --record a CSV file with the columns of data/lanl/system-18.csv',
    );
  const known = [
    'ConfigurationInvalid',
    'ConfigurationUnreadable',
    'SecretMissing',
    'ArchiveUnreadable',
  ] as const;
  const code = known.find((name) => name === error.name);
  return new CommandFailed(code ?? 'Unexpected', error.message);
}

/** docs/errors.md */
export function errorsDocument(): string {
  const rows = Object.entries(errorCatalog).map(
    ([code, { exitCode, when, next }]) => `| \`${code}\` | ${exitCode} | ${when} | ${next} |`,
  );
  return [
    '# Errors of the command line',
    '',
    'Generated from `cli/errors.ts`. An error is printed to stderr as `error (Code): what` and `next: what to do`.',
    '',
    '| code | exit | when | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, 5 timed out, 6 differs, 7 leave lost, 130 interrupted;',
    '`guard ask … -- COMMAND` ends with that of the command (128 and the number of the signal that ended it, 127 if it could not be run).',
    '',
  ].join('\n');
}
