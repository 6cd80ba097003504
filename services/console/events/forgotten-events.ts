import type { Clock } from '../../../adapters/ports/clock.js';
import type { EventLog } from '../../../adapters/ports/event-log.js';
import {
  asCloudEvent,
  journalEvents,
  type JournalEvent,
  type JournalOfEvents,
  type JournalPlace,
} from '../../journal-events.js';
import type { EventFilter } from '../../event-filter.js';
import type { Turns } from '../../turns.js';
import { findHandover, handoverAt, handoverOf, isStillKept, type Handover } from './log-horizon.js';
import { resumeText } from './resume-point.js';
import { writeCharacters } from './subscriber-connection.js';

export interface ForgottenContext {
  readonly journal: JournalOfEvents;
  readonly eventLog: Pick<EventLog, 'bounds' | 'offsetsSince'>;
  readonly clock: Clock;
  /** Who reads the journal waits for one. */
  readonly journalTurns: Turns;
}

/** Which of the past somebody wants. */
export interface WantedPast {
  readonly filter: EventFilter;
  /** ms, the log's clock: everything appended since. */
  readonly since: number;
  /** ms: of what is read in the journal, everything decided since; it may have been appended later. */
  readonly decidedSince: number;
  /** ms: nothing from this time on. Undefined: all. */
  readonly until?: number;
  /** Goes on in the journal, which was being read up to `until`. */
  readonly journal?: { readonly from: JournalPlace; readonly until: number };
}

export interface PastListener {
  /** Takes text in order per node; resolves when there is room for more. */
  readonly deliver: (text: string, events: number) => Promise<void>;
  /** Aborts when nobody listens any more. */
  readonly signal: AbortSignal;
}

/** ms, the log's clock: from when on a topic is to be read in the log. */
export type LogStart = (topic: string) => number;

/** What was published within this time after it was decided is sure to come, should the journal have to be read twice. */
export const latestPublishingMs = 86_400_000;

/** The lines of one server-sent event. */
function textOf(event: JournalEvent, since: number, until: number): string {
  // Not marked as a replay: who comes again hears of it for the first time, and has to act on it.
  const whole = asCloudEvent(event);
  return `id: ${resumeText(whole.id, since, until)}\nevent: ${event.said.event}\ndata: ${JSON.stringify(whole)}\n\n`;
}

class Telling {
  readonly #context: ForgottenContext;
  readonly #wanted: WantedPast;
  readonly #listener: PastListener;

  constructor(context: ForgottenContext, wanted: WantedPast, listener: PastListener) {
    this.#context = context;
    this.#wanted = wanted;
    this.#listener = listener;
  }

  async run(found: Handover): Promise<LogStart | undefined> {
    const { clock } = this.#context;
    const { filter, since: logSince, journal } = this.#wanted;
    const begun = journal === undefined ? undefined : handoverAt(filter.topics, journal.until);
    const goesOn = begun !== undefined && isStillKept(begun, clock.now());
    let handover = goesOn ? begun : found;
    let since = this.#wanted.decidedSince;
    let from = goesOn ? journal?.from : undefined;
    for (;;) {
      if (!(await this.#read({ since, until: handover.at, from }))) return undefined;
      if (isStillKept(handover, clock.now())) break;
      // So slowly was it taken that the log has forgotten more meanwhile.
      since = handover.at - latestPublishingMs;
      from = undefined;
      handover = handoverOf(filter.topics, clock.now());
    }
    const { topics, logSince: after } = handover;
    return (topic) => (topics.includes(topic) ? after : logSince);
  }

  /** False: nobody listens any more. */
  async #read(span: {
    readonly since: number;
    readonly until: number;
    readonly from: JournalPlace | undefined;
  }): Promise<boolean> {
    const { filter, until: end = Infinity } = this.#wanted;
    const { history, source } = this.#context.journal;
    const { deliver, signal } = this.#listener;
    const { since, until, from } = span;
    const wanted = { filter, since, until: Math.min(until, end), ...(from === undefined ? {} : { from }) };
    for await (const events of journalEvents(history, source, wanted)) {
      let text = '';
      let count = 0;
      for (const event of events) {
        text += textOf(event, since, until);
        count += 1;
        if (text.length < writeCharacters) continue;
        await deliver(text, count);
        text = '';
        count = 0;
      }
      if (count > 0) await deliver(text, count);
      if (signal.aborted) return false;
    }
    return true;
  }
}

/**
 * Tells what the log may have forgotten, made again from facts: node after node, each node's in order, and from a moment on that
 * the log still has. Resolves with from when on each topic is to be read there, which tells the last moments before the
 * change once more; undefined: nobody listens any more. Rejects with LogUnavailable, JournalUnavailable.
 */
export async function tellForgotten(
  context: ForgottenContext,
  wanted: WantedPast,
  listener: PastListener,
): Promise<LogStart | undefined> {
  const { eventLog, clock, journalTurns } = context;
  const { filter, since, journal } = wanted;
  const now = clock.now();
  // Who was in the midst of the journal has not got the rest of it, whatever the log looks like by now.
  const handover =
    journal === undefined
      ? await findHandover(eventLog, filter.topics, { since, now })
      : handoverOf(filter.topics, now);
  if (handover === undefined) return () => since;
  return journalTurns.during(() => new Telling(context, wanted, listener).run(handover));
}
