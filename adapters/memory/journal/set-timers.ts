import type { TimerRequest } from '../../../domain/decision.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { ByDue } from './by-due.js';

/** Timers that have not fired: one of each name for a process. */
export class SetTimers {
  readonly #byName = new Map<string, TimerRequest>();
  readonly #byNode = new Map<NodeKey, Set<TimerRequest>>();
  readonly #byDue = new ByDue<TimerRequest>();

  get all(): readonly TimerRequest[] {
    return [...this.#byName.values()];
  }

  of(node: NodeKey): readonly TimerRequest[] {
    return [...(this.#byNode.get(node) ?? [])];
  }

  /** Those that are due, in no order. */
  due(now: number): readonly TimerRequest[] {
    return this.#byDue.upTo(now);
  }

  /** When the next one is due after that. */
  nextDue(after: number): number | undefined {
    return this.#byDue.nextAfter(after);
  }

  /** In place of the one of this name that its process has set before. */
  set(timer: TimerRequest): void {
    const before = this.#byName.get(nameOf(timer));
    if (before !== undefined) this.remove(before);
    this.#byName.set(nameOf(timer), timer);
    this.#byDue.put(timer, timer.dueAt);
    const others = this.#byNode.get(timer.node);
    if (others === undefined) this.#byNode.set(timer.node, new Set([timer]));
    else others.add(timer);
  }

  remove(timer: TimerRequest): void {
    this.#byName.delete(nameOf(timer));
    this.#byDue.remove(timer);
    const others = this.#byNode.get(timer.node);
    others?.delete(timer);
    if (others?.size === 0) this.#byNode.delete(timer.node);
  }
}

function nameOf({ processId, name }: TimerRequest): string {
  return `${processId} ${name}`;
}
