import type { NodeKey } from '../../../domain/identifiers.js';
import { rankOf } from './lines.js';
import type { MemoryStore, StoredCommand } from './store.js';

/** Where somebody stands among all, ours and others. */
export interface Standing {
  readonly rank: number;
  /** Of the same rank our own commands come first. */
  readonly isChange: boolean;
  readonly position: number;
}

/** Who asks. */
export interface Asking {
  readonly standing: Standing;
  /** Its process has a node out of service: it is not held up by what is kept for one that has none. */
  readonly hasBegun: boolean;
  /** ms */
  readonly now: number;
}

export function standingOf(stored: StoredCommand): Standing {
  return { rank: rankOf(stored), isChange: false, position: stored.position };
}

/** The node of the first of those who come before it and keep a room in one of these lines. Whoever rests, or whose client is dead, keeps none. */
export function keeperOf(
  store: Pick<MemoryStore, 'lines' | 'changes' | 'queues' | 'permits'>,
  lines: readonly string[],
  { standing, hasBegun, now }: Asking,
): NodeKey | undefined {
  const commands = [...store.lines.keepers]
    .filter((stored) => !store.queues.resting.has(stored.command.node))
    .filter((stored) => !hasBegun || begun(store, stored))
    .map((stored) => ({ ...standingOf(stored), keptLines: stored.keptLines, node: stored.command.node }));
  const changes = (hasBegun ? [] : store.changes.open)
    .filter(({ leaseUntil }) => leaseUntil > now)
    .map(({ rank, position, keptLines, change: { node } }) => ({
      ...{ rank, position, isChange: true, keptLines, node },
    }));
  const [first] = [...commands, ...changes]
    .filter(({ keptLines }) => keptLines.some((line) => lines.includes(line)))
    .filter((keeper) => inOrder(keeper, standing) < 0)
    .sort(inOrder);
  return first?.node;
}

/** Whether its process holds something until its node is given back. */
export function begun({ permits }: Pick<MemoryStore, 'permits'>, { command }: StoredCommand): boolean {
  return permits
    .of(command.node)
    .some(({ processId, until }) => processId === command.processId && until === 'returned');
}

function inOrder(one: Standing, other: Standing): number {
  return (
    one.rank - other.rank || Number(one.isChange) - Number(other.isChange) || one.position - other.position
  );
}
