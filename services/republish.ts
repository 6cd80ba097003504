import type { EventLog, NewRecord } from '../adapters/ports/event-log.js';
import type { History } from '../adapters/ports/journal.js';
import type { SchemaIds } from '../adapters/ports/schema-ids.js';
import { replayHeader } from '../schemas/cloud-events.js';
import { encodeEvent } from '../schemas/codec.js';
import { frame } from '../schemas/wire-format.js';
import { headersOf, journalEvents, type JournalEvent, type JournalSpan } from './journal-events.js';

/** The event after which a run is to go on is none that this run would send. */
export class ResumePointUnknown extends Error {
  override readonly name = 'ResumePointUnknown';
}

export interface RepublishOptions {
  readonly history: Pick<History, 'publishedFacts'>;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly schemaIds: SchemaIds;
  /** `ce_source` of what is published. */
  readonly source: string;
  readonly span: JournalSpan;
  /** Topic that exists, and is none of Faultline's own. */
  readonly to: string;
  /** Id of the run: the mark of all that it sends. */
  readonly run: string;
  /** `ce_id` of the last event that an earlier, interrupted run has sent. */
  readonly after?: string;
  readonly interrupted: AbortSignal;
  /** Records on their way to the log at once; 500 if not given. */
  readonly together?: number;
  readonly onProgress?: (progress: Republished) => void;
}

export interface Republished {
  readonly events: number;
  /** `ce_id` of the last one that the log has; undefined: none was sent. */
  readonly last?: string;
}

/**
 * Sends events of the journal once more: bytes and ids as they were published, marked with the run, node after node and each
 * node's in order. At least once: what is sent again after an interruption is the same under the same run. Resolves
 * when the log has all of it, or when it was interrupted. Rejects with ResumePointUnknown before anything is sent.
 */
export async function republish(options: RepublishOptions): Promise<Republished> {
  const { history, source, span, eventLog, interrupted, together = 500, onProgress } = options;
  const start = new Start(options.after);
  let told: Republished = { events: 0 };
  for await (const page of journalEvents(history, source, span)) {
    const events = start.rest(page);
    for (let first = 0; first < events.length; first += together) {
      if (interrupted.aborted) return told;
      const records = await Promise.all(
        events.slice(first, first + together).map((event) => recordOf(options, event)),
      );
      await eventLog.append(records);
      told = { events: told.events + records.length, ...lastOf(records) };
      onProgress?.(told);
    }
  }
  start.requireFound();
  return told;
}

function lastOf(records: readonly NewRecord[]): Pick<Republished, 'last'> {
  const last = records.at(-1)?.headers['ce_id'];
  return last === undefined ? {} : { last };
}

async function recordOf({ schemaIds, to, run }: RepublishOptions, event: JournalEvent): Promise<NewRecord> {
  const { fact, said } = event;
  const value = frame(await schemaIds.idOf(said.event), encodeEvent(said.event, said.payload));
  return { topic: to, key: fact.node, value, headers: { ...headersOf(event), [replayHeader]: run } };
}

/** Leaves out all up to the event after which is gone on. */
class Start {
  readonly #after: string | undefined;
  #isFound: boolean;

  constructor(after: string | undefined) {
    this.#after = after;
    this.#isFound = after === undefined;
  }

  rest(events: readonly JournalEvent[]): readonly JournalEvent[] {
    if (this.#isFound) return events;
    const place = events.findIndex((event) => headersOf(event)['ce_id'] === this.#after);
    this.#isFound = place >= 0;
    return this.#isFound ? events.slice(place + 1) : [];
  }

  requireFound(): void {
    if (this.#isFound) return;
    throw new ResumePointUnknown(`none of these events is ${this.#after}: nothing was sent`);
  }
}
