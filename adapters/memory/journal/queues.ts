import type { NodeKey } from '../../../domain/identifiers.js';
import { ByDue } from './by-due.js';
import type { StoredCommand } from './store.js';

/** Open commands of each node, in order. The first one of a node is its head, which alone may be claimed unless its node rests. */
export class Queues {
  readonly #byNode = new Map<NodeKey, StoredCommand[]>();
  readonly #resting = new Set<NodeKey>();
  /** Heads of nodes that do not rest. */
  readonly #heads = new ByDue<StoredCommand>();

  /** Nodes whose commands rest. */
  get resting(): ReadonlySet<NodeKey> {
    return this.#resting;
  }

  get all(): readonly StoredCommand[] {
    return [...this.#byNode.values()].flat();
  }

  /** Those of nodes that rest as well. */
  get heads(): readonly StoredCommand[] {
    return [...this.#byNode.values()].flatMap(([head]) => head ?? []);
  }

  of(node: NodeKey): readonly StoredCommand[] {
    return this.#byNode.get(node) ?? [];
  }

  /** Whether a command that is issued now can be claimed at once. */
  isFree(node: NodeKey): boolean {
    return !this.#byNode.has(node) && !this.#resting.has(node);
  }

  isClaimable(command: StoredCommand): boolean {
    const { node } = command.command;
    return !this.#resting.has(node) && this.of(node)[0] === command;
  }

  /** Heads that are due, in no order. */
  due(now: number): readonly StoredCommand[] {
    return this.#heads.upTo(now);
  }

  /** When the next head is due after that. */
  nextDue(after: number): number | undefined {
    return this.#heads.nextAfter(after);
  }

  add(command: StoredCommand): void {
    const { node } = command.command;
    const queue = this.#byNode.get(node);
    if (queue === undefined) this.#byNode.set(node, [command]);
    else queue.push(command);
    this.#placeHead(node);
  }

  /** True: another command of its node is left. */
  remove(command: StoredCommand): boolean {
    const { node } = command.command;
    const left = this.of(node).filter((other) => other !== command);
    this.#heads.remove(command);
    if (left.length === 0) this.#byNode.delete(node);
    else this.#byNode.set(node, left);
    this.#placeHead(node);
    return left.length > 0;
  }

  /** Waiting: not before then. Attempting: the claim runs out then. */
  setDue(command: StoredCommand, dueAt: number): void {
    command.dueAt = dueAt;
    this.#placeHead(command.command.node);
  }

  rest(node: NodeKey): void {
    this.#resting.add(node);
    const [head] = this.of(node);
    if (head !== undefined) this.#heads.remove(head);
  }

  goOn(node: NodeKey): void {
    if (!this.#resting.delete(node)) return;
    this.#placeHead(node);
  }

  #placeHead(node: NodeKey): void {
    const [head] = this.of(node);
    if (head !== undefined && !this.#resting.has(node)) this.#heads.put(head, head.dueAt);
  }
}
