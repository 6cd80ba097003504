import {
  asCloudEvent,
  journalEvents,
  type JournalEvent,
  type JournalSpan,
  topicsOfFacts,
} from '../services/journal-events.js';
import { systemClock } from '../adapters/clock/system-clock.js';
import { LabelSelectorInvalid } from '../domain/label-selector.js';
import { clockSkewMs } from '../services/append-time.js';
import { parseInstantMs } from '../services/instant.js';
import { NodeLabels, type KeptLabels } from '../services/node-labels.js';
import { FilterInvalid, filterOfText, type EventFilter, type FilterText } from '../services/event-filter.js';
import { eventIdOf, parseEventId } from '../domain/event-number.js';
import { eventSource } from '../schemas/cloud-events.js';
import type { NodeKey } from '../domain/identifiers.js';
import type { JournalReader } from '../adapters/postgres/journal-reader.js';
import { isBehind } from './behind-event.js';
import { CommandFailed } from './errors.js';
import type { WrittenEvent } from './event-output.js';

/** Which events of the journal somebody wants, as it was written. */
export interface JournalWish extends FilterText {
  /** `beginning`, a time, or the id of an event: behind that. */
  readonly from: string;
  /** `now` or a time. */
  readonly to: string;
  /** Nodes by their labels. */
  readonly selector?: string;
}

function filterOf(wish: FilterText): EventFilter {
  try {
    const asked = filterOfText(wish);
    const lost =
      wish.topic === undefined ? undefined : asked.topics.find((topic) => !topicsOfFacts.includes(topic));
    if (lost !== undefined) {
      throw new CommandFailed(
        'Usage',
        `${lost} can't be made again: of reports that changed nothing the journal keeps only how many there were`,
        'ask a running Faultline for what the log still has: leave --config out',
      );
    }
    return { ...asked, topics: asked.topics.filter((topic) => topicsOfFacts.includes(topic)) };
  } catch (error) {
    if (!(error instanceof FilterInvalid)) throw error;
    throw new CommandFailed('Usage', error.message, 'several values are written with commas between them');
  }
}

/** When it was decided, ms. */
async function timeOf({ history }: JournalReader, text: string): Promise<number> {
  if (text === 'beginning') return 0;
  // Whatever is there: the clock of an installation need not be this one.
  if (text === 'now') return Infinity;
  const at = parseInstantMs(text);
  if (at !== undefined) return at;
  const node = text.slice(0, text.lastIndexOf('@')) as NodeKey;
  const number = parseEventId(node, text);
  const version = number?.version ?? 0;
  const [fact] = number === undefined ? [] : await history.facts(node, { fromVersion: version, limit: 1 });
  if (fact?.version === version) return fact.at;
  throw new CommandFailed(
    'NotFound',
    `there is no event ${text} in the journal`,
    'give its id as it was published, or a time',
  );
}

async function selectionOf(
  { inventory }: JournalReader,
  { selector }: JournalWish,
  kept: KeptLabels,
): Promise<Pick<EventFilter, 'selects'>> {
  if (selector === undefined) return {};
  // What was read at first holds, should it not be read again.
  const labels = new NodeLabels({
    ...{ inventory, clock: systemClock },
    kept: () => kept,
    onError: () => undefined,
  });
  try {
    return { selects: await labels.selecting(selector) };
  } catch (error) {
    if (!(error instanceof LabelSelectorInvalid)) throw error;
    throw new CommandFailed('Usage', `--selector: ${error.message}`, 'write it like pool=gpu,zone!=b');
  }
}

/** As a running Faultline refuses it: nothing was decided then, and nobody would hear why nothing comes. */
function refuseAhead({ from }: JournalWish): void {
  if ((parseInstantMs(from) ?? 0) <= systemClock.now() + clockSkewMs) return;
  throw new CommandFailed(
    'Usage',
    `--from ${from} lies ahead`,
    'begin at a time that is past, or follow a running Faultline: --follow, without --config',
  );
}

/** What of the journal is wanted. Rejects with CommandFailed Usage, NotFound. */
export async function spanOf(
  reader: JournalReader,
  wish: JournalWish,
  kept: KeptLabels,
): Promise<JournalSpan> {
  refuseAhead(wish);
  const filter = { ...filterOf(wish), ...(await selectionOf(reader, wish, kept)) };
  return { filter, since: await timeOf(reader, wish.from), until: await timeOf(reader, wish.to) };
}

/** Made whole only where somebody wants it whole. */
class EventAgain implements WrittenEvent {
  readonly #event: JournalEvent;

  constructor(event: JournalEvent) {
    this.#event = event;
  }

  get id(): string {
    const { publisher, fact, said } = this.#event;
    return eventIdOf(fact.node, { epoch: publisher.epoch, version: fact.version }, said.event);
  }

  get subject(): NodeKey {
    return this.#event.fact.node;
  }

  get data(): object {
    return this.#event.said.payload;
  }

  whole(): object {
    return asCloudEvent(this.#event, 'journal');
  }
}

/** Events that were published, made again from the journal: node after node, each node's in order; a page at a time. */
export async function* readJournalEvents(
  reader: JournalReader,
  wish: JournalWish,
  kept: KeptLabels,
): AsyncGenerator<readonly WrittenEvent[], void> {
  const span = await spanOf(reader, wish, kept);
  const source = eventSource(reader.installation.id, 'maintenance');
  const isWanted = isBehind(wish.from);
  for await (const events of journalEvents(reader.history, source, span))
    yield events.map((event) => new EventAgain(event)).filter((event) => isWanted(event));
}
