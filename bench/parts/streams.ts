import { setTimeout as pause } from 'node:timers/promises';
import type { Cleanups } from '../../stack/site.js';
import { producerSettings } from '../../adapters/kafka/client-settings.js';
import { startServicesOn, type EventSite } from '../event-site.js';
import { distributionOf, rounded, type Distribution, type Part } from '../figures.js';
import { usageOf } from '../process-usage.js';
import { progress } from '../progress.js';
import { queryOf, queryOfAll, SteadyEvents, type EventLoad } from '../steady-events.js';
import { SubscriberProcess, type Arrivals } from '../subscriber-process.js';

const mostP99Ms = 250;
const warmUpSeconds = 5;
/** For what is still on its way when the last one is acknowledged. */
const patienceMs = 3_000;

export interface StreamLoad {
  readonly subscribers: number;
  readonly seconds: number;
}

interface Served {
  readonly site: EventSite;
  readonly url: string;
  readonly server: number;
  readonly events: SteadyEvents;
  readonly subscribers: SubscriberProcess;
}

/**
 * Subscribers by HTTP: a thousand events a second, each for one of them; then twenty a second for all of them. From the
 * log's acknowledgement to the byte at the subscriber. Server, subscribers and publisher are processes of their own.
 */
export async function measureStreams(
  site: EventSite,
  cleanups: Cleanups,
  { subscribers: count, seconds }: StreamLoad,
): Promise<readonly Part[]> {
  const faultline = await startServicesOn(site, ['console']);
  cleanups.add(() => faultline.process.stop());
  const producer = site.kafka.producer(producerSettings);
  await producer.connect();
  cleanups.add(() => producer.disconnect());
  const subscribers = SubscriberProcess.start();
  cleanups.add(() => {
    subscribers.stop();
    return Promise.resolve();
  });
  const { url, process: server } = faultline;
  const served = { site, url, server: server.pid, events: await SteadyEvents.with(producer), subscribers };
  const everyone = Array.from({ length: count }, (_, subscriber) => subscriber);
  return [
    await measurePhase(served, 'eachForOne', {
      load: { perSecond: 1_000, seconds, nodes: count },
      queries: everyone.map(queryOf),
      heardBy: 1,
    }),
    await measurePhase(served, 'allForAll', {
      load: { perSecond: 20, seconds, nodes: count },
      queries: everyone.map(() => queryOfAll),
      heardBy: count,
    }),
  ];
}

interface Phase {
  readonly load: EventLoad;
  readonly queries: readonly string[];
  /** How many subscribers get each event. */
  readonly heardBy: number;
}

async function measurePhase(
  { url, server, events, subscribers }: Served,
  name: string,
  { load, queries, heardBy }: Phase,
): Promise<Part> {
  progress(`${name}: opening ${queries.length} streams`);
  await subscribers.open(url, queries);
  await events.publish({ ...load, seconds: warmUpSeconds });
  progress(`${name}: ${load.perSecond} events a second for ${load.seconds} s`);
  const before = { server: usageOf(server), subscribers: usageOf(subscribers.pid) };
  const acknowledged = await events.publish(load);
  const after = { server: usageOf(server), subscribers: usageOf(subscribers.pid) };
  await pause(patienceMs);
  const { delays, missing } = delaysOf(await subscribers.close(), acknowledged, heardBy);
  return {
    name,
    figures: {
      subscribers: queries.length,
      wantedPerSecond: load.perSecond,
      events: acknowledged.size,
      deliveries: delays.count,
      missing,
      acknowledgedToSubscriberMs: delays,
      serverProcessorSeconds: rounded(after.server.processorSeconds - before.server.processorSeconds),
      subscribersProcessorSeconds: rounded(
        after.subscribers.processorSeconds - before.subscribers.processorSeconds,
      ),
      serverResidentMegabytes: rounded(after.server.residentBytes / 1_000_000),
      serverPeakResidentMegabytes: rounded(after.server.peakResidentBytes / 1_000_000),
    },
    target: `p99 below ${mostP99Ms} ms, and nothing missing`,
    met: missing === 0 && delays.p99 < mostP99Ms,
  };
}

/** Of the events that were measured; those before only warmed up. */
function delaysOf(
  { numbers, times }: Arrivals,
  acknowledged: ReadonlyMap<number, number>,
  heardBy: number,
): { readonly delays: Distribution; readonly missing: number } {
  const delays: number[] = [];
  numbers.forEach((number, index) => {
    const at = acknowledged.get(number);
    if (at !== undefined) delays.push((times[index] ?? Number.NaN) - at);
  });
  return { delays: distributionOf(delays), missing: acknowledged.size * heardBy - delays.length };
}
