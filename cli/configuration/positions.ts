import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';

import { describeKey, type ConfigurationProblem, type KeyPath } from './problems.js';

/** A parsed YAML file that can tell where a key stands. */
export interface LocatedDocument {
  readonly content: unknown;
  /** Faults of the YAML itself; when there are any, `content` means nothing. */
  readonly problems: readonly ConfigurationProblem[];
  /**
   * A problem at `path`; at its closest parent that is written when the key itself is missing.
   * @param at `key` points at the name, `value` at what stands behind it
   */
  problemAt(path: KeyPath, reason: string, at?: 'key' | 'value'): ConfigurationProblem;
}

interface Found {
  readonly key?: Node;
  readonly value?: Node;
}

function child(node: Node, part: string | number): Found | undefined {
  if (isMap<Node, Node | null>(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return pair === undefined
      ? undefined
      : { key: pair.key, ...(pair.value === null ? {} : { value: pair.value }) };
  }
  if (isSeq<Node>(node) && typeof part === 'number') {
    const value = node.items[part];
    return value === undefined ? undefined : { value };
  }
  return undefined;
}

/** The nearest node that is written on the way to `path`. */
function nearest(root: Node | null, path: KeyPath): Found {
  let found: Found = root === null ? {} : { value: root };
  for (const part of path) {
    const next = found.value === undefined ? undefined : child(found.value, part);
    if (next === undefined) break;
    found = next;
  }
  return found;
}

function offsetOf(found: Found, at: 'key' | 'value'): number {
  const node = at === 'key' ? (found.key ?? found.value) : (found.value ?? found.key);
  return node?.range?.[0] ?? 0;
}

/** Parses YAML 1.2. Never throws: what is wrong is in `problems`. */
export function parseLocated(source: string): LocatedDocument {
  const lineCounter = new LineCounter();
  const document: Document.Parsed = parseDocument(source, { lineCounter, prettyErrors: false });
  const locate = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    ...locate(pos[0]),
    key: '',
    reason: message,
  }));
  return {
    content: problems.length > 0 ? undefined : apart(document.toJS()),
    problems,
    problemAt: (path, reason, at = 'value') => ({
      ...locate(offsetOf(nearest(document.contents, path), at)),
      key: describeKey(path),
      reason,
    }),
  };
}

/** An alias is the very object of its anchor: defaults filled in for the one would stand in the other as well. */
function apart(content: unknown): unknown {
  return content === undefined ? undefined : (JSON.parse(JSON.stringify(content)) as unknown);
}
