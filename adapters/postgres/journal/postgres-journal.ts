import { requireSameLog, requireSameRecords } from '../../journal/fence.js';
import type { AssignedPartition } from '../../ports/event-log.js';
import type { AdvanceRequest, AdvanceResult, Installation, Journal } from '../../ports/journal.js';
import { advanceOnce, nothingAdvanced, type Narrowed } from './advance.js';
import type { JournalContext } from './context.js';
import { asJournalError, kindOfFailure } from './failures.js';
import { readInstallation } from './installation.js';
import { writeLost } from './lost-input.js';
import { newsOfOutbox, newsOfWholeOutbox } from './notices.js';
import { beginAt, lockOrCreateOffset, readOffset, storeOffset } from './offsets.js';
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
    const { database, options, notices } = this.#context;
    await this.#requireSameRecords(group, assigned);
    try {
      const { at, lost } = await retryConflicts(options, () =>
        database.transaction(async (transaction) => {
          const begun = await beginAt(transaction, group, assigned, options.clock.now());
          const last =
            begun.lost === undefined ? [] : await writeLost(this.#context, transaction, begun.lost);
          return { result: begun, last };
        }),
      );
      if (lost !== undefined) {
        notices.committed(newsOfWholeOutbox(options.outboxPartitions));
        options.onInputLost?.(lost);
      }
      return at;
    } catch (error) {
      throw asJournalError(error);
    }
  }

  /** Asks the log outside of any transaction, about what was read before it was asked. */
  async #requireSameRecords(group: string, assigned: AssignedPartition): Promise<void> {
    const known = await readOffset(this.#context.database, { group, ...assigned });
    if (known?.logId === assigned.logId) await requireSameRecords(known, assigned);
  }

  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    try {
      return await this.#advance(request);
    } catch (error) {
      throw asJournalError(error);
    }
  }

  /** Halves a batch that the database refuses until the one bad input stands alone; its neighbours commit. */
  async #advance(request: AdvanceRequest, narrowed?: Narrowed): Promise<AdvanceResult> {
    try {
      const { result, changed } = await retryConflicts(this.#context.options, () =>
        advanceOnce(this.#context, request, narrowed),
      );
      this.#context.notices.committed(changed);
      return result;
    } catch (error) {
      if (kindOfFailure(error) !== 'data' || !(error instanceof Error)) throw error;
      const middle = Math.floor(request.inputs.length / 2);
      const cut = request.inputs[middle]?.offset;
      if (cut === undefined) throw error;
      if (request.inputs.length > 1) return this.#halves(request, middle, cut);
      if (narrowed === undefined) return this.#advance(request, { takeUpAtMost: 1 });
      return 'refusal' in narrowed
        ? await this.#setAside(request, error)
        : await this.#advance(request, { refusal: error });
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
    return sumOf(first, second);
  }

  /** Even the parking of this input can't be stored: it goes to the dead letters, so that its partition goes on. */
  async #setAside(request: AdvanceRequest, reason: Error): Promise<AdvanceResult> {
    const { database, notices, options } = this.#context;
    const deadLettered = await database.transaction(async (transaction) => {
      const fence = await lockOrCreateOffset(transaction, request, 0n);
      requireSameLog(fence, request);
      const dead = request.deadLetters.filter(({ offset }) => offset >= fence.nextOffset);
      const inputs = request.inputs.filter(({ offset }) => offset >= fence.nextOffset);
      const entries = [
        ...dead.map(({ entry }) => entry),
        ...inputs.map(({ offset }) => request.deadLetter(offset, `can't be stored: ${reason.message}`)),
      ];
      const keys = entries.map(({ key }) => key);
      return {
        result: { count: inputs.length, news: newsOfOutbox(keys, options.outboxPartitions) },
        last: [
          ...(entries.length === 0 ? [] : [insertOutbox(entries, options.outboxPartitions)]),
          storeOffset(request, request.nextOffset, request.appendedAt),
        ],
      };
    });
    notices.committed(deadLettered.news);
    return { ...nothingAdvanced, deadLettered: deadLettered.count };
  }
}

function sumOf(left: AdvanceResult, right: AdvanceResult): AdvanceResult {
  return {
    skipped: left.skipped + right.skipped,
    decided: left.decided + right.decided,
    facts: left.facts + right.facts,
    commands: left.commands + right.commands,
    parked: left.parked + right.parked,
    waiting: left.waiting + right.waiting,
    deadLettered: left.deadLettered + right.deadLettered,
  };
}
