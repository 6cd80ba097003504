import type { RecordedOperation } from '../../../adapters/ports/guard-history.js';
import type { Operation } from '../../../domain/command.js';

/** When an operation was over, ms: nothing goes on that is of a chain which is over. */
export function endOf({ endedAt, chainEndedAt }: RecordedOperation): number | undefined {
  return endedAt ?? chainEndedAt;
}

/** How long operations took, by what was seen of others of their kind. */
export class Durations {
  readonly #ofKind = new Map<Operation, { readonly count: number; readonly total: number }>();

  /** When it began in fact, ms. Where nobody knows any more, it took as long as others of its kind did. */
  beganInFact(operation: RecordedOperation): number {
    const { request, askedAt, beganAt } = operation;
    const endedAt = endOf(operation);
    const { count, total } = this.#ofKind.get(request.operation) ?? { count: 0, total: 0 };
    if (beganAt === undefined)
      return endedAt === undefined || count === 0 ? askedAt : Math.max(askedAt, endedAt - total / count);
    if (endedAt !== undefined)
      this.#ofKind.set(request.operation, { count: count + 1, total: total + endedAt - beganAt });
    return beganAt;
  }
}
