import type { Operation } from '../../../domain/command.js';
import type { CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { BudgetClaim } from '../../ports/journal.js';

export interface Permit {
  readonly commandId: CommandId;
  readonly processId: ProcessId;
  readonly node: NodeKey;
  readonly counter: string;
  readonly operation: Operation;
  readonly until: BudgetClaim['until'];
  readonly takenAt: number;
}

/** What commands have taken of the budgets. Kept by node, since whoever asks means one: years of a fleet leave many. */
export class Permits {
  readonly #byNode = new Map<NodeKey, readonly Permit[]>();
  readonly #used = new Map<string, number>();
  /** Processes that hold something which is given back, and how much: most of what is kept was taken for good. */
  readonly #holding = new Map<ProcessId, { readonly node: NodeKey; readonly permits: number }>();

  /** Nodes that are out of service until they are returned, and how many permits say so. */
  readonly #takenOut = new Map<NodeKey, number>();

  /** Nodes that somebody has leave to take out of service, until they are returned. */
  get takenOut(): ReadonlyMap<NodeKey, number> {
    return this.#takenOut;
  }

  /** How much of each counter is taken. */
  get used(): ReadonlyMap<string, number> {
    return this.#used;
  }

  get all(): readonly Permit[] {
    return [...this.#byNode.values()].flat();
  }

  of(node: NodeKey): readonly Permit[] {
    return this.#byNode.get(node) ?? [];
  }

  take(permit: Permit): void {
    this.#used.set(permit.counter, (this.#used.get(permit.counter) ?? 0) + 1);
    this.#byNode.set(permit.node, [...this.of(permit.node), permit]);
    this.#count(permit, 1);
  }

  /** Gives back matching permits of a node; returns the counters that went down, each as often as it did. */
  release(node: NodeKey, isOver: (permit: Permit) => boolean): readonly string[] {
    const over = this.#drop(node, isOver);
    const counters = over.filter(({ until }) => until !== 'never').map(({ counter }) => counter);
    for (const counter of counters) this.#used.set(counter, Math.max((this.#used.get(counter) ?? 0) - 1, 0));
    return counters;
  }

  /** Gives back what these processes hold; returns the counters that went down, each as often as it did. */
  releaseOf(isOver: (process: ProcessId) => boolean): readonly string[] {
    return [...this.#holding].flatMap(([process, { node }]) =>
      isOver(process)
        ? this.release(node, ({ processId, until }) => processId === process && until !== 'never')
        : [],
    );
  }

  /** Forgets what was taken for good before then, and counters that nobody has taken anything of. */
  forget(before: number): void {
    for (const node of [...this.#byNode.keys()])
      this.#drop(node, ({ until, takenAt }) => until === 'never' && takenAt < before);
    const held = new Set(this.all.map(({ counter }) => counter));
    for (const counter of this.#used.keys()) if (!held.has(counter)) this.#used.delete(counter);
  }

  #drop(node: NodeKey, isOver: (permit: Permit) => boolean): readonly Permit[] {
    const held = this.of(node);
    const over = held.filter(isOver);
    if (over.length === held.length) this.#byNode.delete(node);
    else if (over.length > 0)
      this.#byNode.set(
        node,
        held.filter((permit) => !over.includes(permit)),
      );
    for (const permit of over) this.#count(permit, -1);
    return over;
  }

  #count({ processId, node, until }: Permit, more: number): void {
    if (until === 'never') return;
    if (until === 'returned') add(this.#takenOut, node, more);
    const permits = (this.#holding.get(processId)?.permits ?? 0) + more;
    if (permits === 0) this.#holding.delete(processId);
    else this.#holding.set(processId, { node, permits });
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, more: number): void {
  const count = (counts.get(key) ?? 0) + more;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
