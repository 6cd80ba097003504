import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import { lineBehind } from '../../ports/journal.js';
import type { StoredCommand } from './store.js';

const perAttemptMs = 60_000;

/** Whoever was refused by a counter waits in its line. */
export class Lines {
  readonly #byName = new Map<string, Set<StoredCommand>>();
  readonly #keepers = new Set<StoredCommand>();

  /** Those for whom rooms are kept. */
  get keepers(): ReadonlySet<StoredCommand> {
    return this.#keepers;
  }

  enter(line: string, command: StoredCommand, keeps: readonly string[]): void {
    this.leave(command);
    command.keptLines = keeps;
    if (keeps.length > 0) this.#keepers.add(command);
    const others = this.#byName.get(line);
    if (others === undefined) this.#byName.set(line, new Set([command]));
    else others.add(command);
    command.waitingLine = line;
  }

  leave(command: StoredCommand): void {
    const { waitingLine: line } = command;
    command.keptLines = [];
    this.#keepers.delete(command);
    if (line === undefined) return;
    const others = this.#byName.get(line);
    others?.delete(command);
    if (others?.size === 0) this.#byName.delete(line);
    command.waitingLine = undefined;
  }

  /** Whether somebody else in one of these lines comes before it. Nodes that rest hold nobody up. */
  isBehind(lines: readonly string[], command: StoredCommand, resting: ReadonlySet<NodeKey>): boolean {
    return this.#isAny(lines, resting, (other) => other !== command && byRank(other, command) < 0);
  }

  /** Whether anybody in these lines ranks up to this. Nodes that rest hold nobody up. */
  isAnyUpTo(lines: readonly string[], rank: number, resting: ReadonlySet<NodeKey>): boolean {
    return this.#isAny(lines, resting, (other) => rankOf(other) <= rank);
  }

  /** Without a copy of the line: every claim asks. */
  #isAny(
    lines: readonly string[],
    resting: ReadonlySet<NodeKey>,
    isBefore: (other: StoredCommand) => boolean,
  ): boolean {
    for (const line of lines)
      for (const other of this.#byName.get(line) ?? [])
        if (isBefore(other) && !resting.has(other.command.node)) return true;
    return false;
  }

  /** Those in which nodes of this cluster stand that are in service. */
  ofNodesInService(cluster: string): readonly string[] {
    return [...this.#byName].flatMap(([line, waiting]) => {
      const [one] = waiting;
      const isHere = one !== undefined && namesOf(one.command.node).cluster === cluster;
      return isHere && lineBehind(line) === undefined ? [line] : [];
    });
  }

  /** How many in a line rank up to this. */
  countUpTo(line: string, rank: number): number {
    return [...(this.#byName.get(line) ?? [])].filter((other) => rankOf(other) <= rank).length;
  }

  /** Among our own commands: 1 is the first in its line; undefined: it stands in none. */
  placeOf(command: StoredCommand): number | undefined {
    const { waitingLine: line } = command;
    if (line === undefined) return undefined;
    return [...(this.#byName.get(line) ?? [])].filter((other) => byRank(other, command) <= 0).length;
  }

  /** The first so many in a line. */
  first(line: string, number: number): readonly StoredCommand[] {
    return [...(this.#byName.get(line) ?? [])].sort(byRank).slice(0, number);
  }
}

/** In the order in which commands are handed out: by age and head start, a minute back for each attempt. */
export function byRank(left: StoredCommand, right: StoredCommand): number {
  return rankOf(left) - rankOf(right) || left.position - right.position;
}

/** The lower, the earlier: ms. */
export function rankOf({ createdAt, headStartMs, attempts }: StoredCommand): number {
  return createdAt - headStartMs + attempts * perAttemptMs;
}
