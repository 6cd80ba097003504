import type { NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { ProcessRow } from '../../ports/journal.js';

/** Processes of all nodes, years of them: whoever asks for the latest ones, or for that of a node, looks at no others. */
export class Processes {
  readonly #rows = new Map<ProcessId, ProcessRow>();
  /** By their start. */
  readonly #started: { readonly id: ProcessId; readonly at: number }[] = [];
  readonly #active = new Map<NodeKey, ProcessId>();
  readonly #decidedAt = new Map<ProcessId, number>();

  get(id: ProcessId): ProcessRow | undefined {
    return this.#rows.get(id);
  }

  values(): IterableIterator<ProcessRow> {
    return this.#rows.values();
  }

  /** Those that began then or later, in no order. */
  since(at: number): readonly ProcessRow[] {
    return this.#started.slice(this.#placeOf(at)).flatMap(({ id }) => this.#rows.get(id) ?? []);
  }

  /** Those that began then or later, and those that run and were decided then or later; from then on they count. In no order. */
  decidedSince(at: number): readonly { readonly row: ProcessRow; readonly at: number }[] {
    const running = [...this.#active.values()].flatMap((id) => this.#rows.get(id) ?? []);
    return [...new Set([...this.since(at), ...running])]
      .map((row) => ({ row, at: Math.max(row.startedAt, this.#decidedAt.get(row.processId) ?? 0) }))
      .filter((one) => one.at >= at);
  }

  /** That which has not ended. */
  activeOf(node: NodeKey): ProcessRow | undefined {
    const id = this.#active.get(node);
    return id === undefined ? undefined : this.#rows.get(id);
  }

  /** When a process began never changes, nor does when that was decided. */
  set(row: ProcessRow, now: number): void {
    const { processId: id, node, startedAt: at, endedAt } = row;
    if (!this.#rows.has(id)) this.#started.splice(this.#placeOf(at), 0, { id, at });
    this.#rows.set(id, row);
    if (endedAt === undefined) {
      this.#active.set(node, id);
      if (!this.#decidedAt.has(id)) this.#decidedAt.set(id, now);
      return;
    }
    this.#decidedAt.delete(id);
    if (this.#active.get(node) === id) this.#active.delete(node);
  }

  /** Of the first one that began then or later; most begin after all others. */
  #placeOf(at: number): number {
    let place = this.#started.length;
    while (place > 0 && (this.#started[place - 1]?.at ?? -Infinity) >= at) place -= 1;
    return place;
  }
}
