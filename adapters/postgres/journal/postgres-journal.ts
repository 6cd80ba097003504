import { seenKey } from '../../journal/digests.js';
import { requireSameLog } from '../../journal/fence.js';
import { storableText } from '../../journal/storable.js';
import type { AssignedPartition } from '../../ports/event-log.js';
import type { AdvanceRequest, AdvanceResult, Installation, Journal } from '../../ports/journal.js';
import { advanceOnce } from './advance.js';
import type { JournalContext } from './context.js';
import { asJournalError, kindOfFailure } from './failures.js';
import { readInstallation } from './installation.js';
import { newsOfOutbox } from './notices.js';
import { beginAt, lockOrCreateOffset, storeOffset } from './offsets.js';
import { insertOutbox } from './outbox-rows.js';
import { retryConflicts } from './retry.js';

/** The journal on PostgreSQL; the protocol of each batch is in advance.ts. */
export class PostgresJournal implements Journal {
  readonly #context: JournalContext;

  constructor(context: JournalContext) {
    this.#context = context;
  }

  installation(): Promise<Installation> {
    return readInstallation(this.#context.database);
  }

  async startAt(group: string, assigned: AssignedPartition): Promise<bigint> {
    const { database, options } = this.#context;
    try {
      return await retryConflicts(options, () =>
        database.transaction((transaction) => beginAt(transaction, group, assigned, options.clock.now())),
      );
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    try {
      return await this.#advance(request);
    } catch (error) {
      throw asJournalError(error);
    }
  }

  /** Halves a batch that the database refuses until the one bad input stands alone; its neighbours commit. */
  async #advance(request: AdvanceRequest, refusal?: Error): Promise<AdvanceResult> {
    try {
      const { result, changed } = await retryConflicts(this.#context.options, () =>
        advanceOnce(this.#context, request, refusal),
      );
      if (changed.length > 0) this.#context.notices.committed(changed);
      return result;
    } catch (error) {
      if (kindOfFailure(error) !== 'data' || !(error instanceof Error)) throw error;
      const middle = Math.floor(request.inputs.length / 2);
      const cut = request.inputs[middle]?.offset;
      if (cut === undefined) throw error;
      if (request.inputs.length > 1) return this.#halves(request, middle, cut);
      return refusal === undefined
        ? await this.#advance(request, error)
        : await this.#quarantine(request, error);
    }
  }

  async #halves(request: AdvanceRequest, middle: number, cut: bigint): Promise<AdvanceResult> {
    const first = await this.#advance({
      ...request,
      inputs: request.inputs.slice(0, middle),
      deadLetters: request.deadLetters.filter(({ offset }) => offset < cut),
      nextOffset: cut,
    });
    const second = await this.#advance({
      ...request,
      inputs: request.inputs.slice(middle),
      deadLetters: request.deadLetters.filter(({ offset }) => offset >= cut),
    });
    return {
      skipped: first.skipped + second.skipped,
      decided: first.decided + second.decided,
      facts: first.facts + second.facts,
      commands: first.commands + second.commands,
      parked: first.parked + second.parked,
    };
  }

  /** Even the parking of this input can't be stored: it is kept aside as it came, so that its partition goes on. */
  async #quarantine(request: AdvanceRequest, reason: Error): Promise<AdvanceResult> {
    const { database, notices, options } = this.#context;
    const now = options.clock.now();
    await database.transaction(async (transaction) => {
      const fence = await lockOrCreateOffset(transaction, request, 0n);
      requireSameLog(fence, request);
      const dead = request.deadLetters.filter(({ offset }) => offset >= fence.nextOffset);
      const inputs = request.inputs.filter(({ offset }) => offset >= fence.nextOffset);
      return {
        result: undefined,
        last: [
          ...inputs.map(({ input }) => ({
            text: `INSERT INTO journal.quarantined_input (cause_id, node_key, input, reason, quarantined_at)
              VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
            values: [
              seenKey(input.causeId),
              storableText(input.node),
              Buffer.from(JSON.stringify(input)),
              storableText(reason.message),
              now,
            ],
          })),
          ...(dead.length === 0
            ? []
            : [
                insertOutbox(
                  dead.map(({ entry }) => entry),
                  options.outboxPartitions,
                ),
              ]),
          storeOffset(request, request.nextOffset),
        ],
      };
    });
    const keys = request.deadLetters.map(({ entry }) => entry.key);
    notices.committed(newsOfOutbox(keys, options.outboxPartitions));
    return { skipped: 0, decided: 0, facts: 0, commands: 0, parked: request.inputs.length };
  }
}
