import { Cleanups } from '../stack/site.js';
import { BareProduce } from './bare-produce.js';
import { resultOf, type BenchResult } from './bench-result.js';
import { EventHistory } from './event-history.js';
import { startEventSite, type EventSite } from './event-site.js';
import type { Part } from './figures.js';
import { measureEventFile } from './parts/event-file.js';
import { measureRelay } from './parts/relay.js';
import { measureRepublish } from './parts/republish.js';
import { measureStreams } from './parts/streams.js';

export const eventPartNames = ['relay', 'file', 'republish', 'streams'] as const;
export type EventPartName = (typeof eventPartNames)[number];

export interface EventsOptions {
  readonly parts: readonly EventPartName[];
  /** Facts in the journal. */
  readonly facts: number;
  /** Entries in the outbox. */
  readonly entries: number;
  readonly subscribers: number;
  readonly seconds: number;
  readonly partitions: number;
  readonly profiles?: string | undefined;
}

/** What subscribers get, and how fast: each wanted part after the other, on a stack of its own that is taken down again. */
export async function measureEvents(options: EventsOptions): Promise<BenchResult> {
  const cleanups = new Cleanups();
  try {
    const site = await startEventSite(cleanups, options);
    const parts = [
      ...(await measureHistory(site, cleanups, options)),
      ...(options.parts.includes('streams') ? await measureStreams(site, cleanups, options) : []),
    ];
    return await resultOf(site, parts);
  } finally {
    await cleanups.run();
  }
}

/** The parts that read what was decided before. */
async function measureHistory(
  site: EventSite,
  cleanups: Cleanups,
  { parts, facts, entries }: EventsOptions,
): Promise<readonly Part[]> {
  if (parts.every((part) => part === 'streams')) return [];
  const history = await EventHistory.make(site, { facts, entries });
  cleanups.add(() => history.close());
  const bare = await BareProduce.open(site);
  cleanups.add(() => bare.close());
  const messages = await history.unsentMessages();
  const measured: Part[] = [];
  if (parts.includes('relay')) measured.push(await measureRelay(site, history, bare, messages));
  if (parts.includes('file')) measured.push(await measureEventFile(site, await history.facts()));
  if (parts.includes('republish')) measured.push(await measureRepublish(site, bare, messages));
  return measured;
}
