import { setTimeout as pause } from 'node:timers/promises';
import type { BareMessages, BareProduce, SendingRate } from '../bare-produce.js';
import type { EventHistory } from '../event-history.js';
import { startServicesOn, type EventSite } from '../event-site.js';
import { rounded, type Part } from '../figures.js';
import { usageOf } from '../process-usage.js';
import { progress } from '../progress.js';

const leastShare = 0.5;
const lookEveryMs = 100;
const warmUp = 5_000;
const patienceMs = 300_000;

/** A full outbox, sent by the relay; before and after it the same records by KafkaJS alone. */
export async function measureRelay(
  site: EventSite,
  history: EventHistory,
  bare: BareProduce,
  messages: BareMessages,
): Promise<Part> {
  const floorTopics = [...new Set(messages.map(({ topic }) => topic))];
  await bare.makeTopics(floorTopics.map(floorName));
  const floorMessages = messages.map(({ topic, message }) => ({ topic: floorName(topic), message }));
  await bare.send(floorMessages.slice(0, warmUp));
  progress(`relay: ${messages.length} entries`);
  const before = await bare.send(floorMessages);
  const relay = await sendOutbox(site, history);
  const after = await bare.send(floorMessages);
  const floor = (before.perSecond + after.perSecond) / 2;
  const share = rounded(relay.perSecond / floor);
  return {
    name: 'relay',
    figures: {
      entries: messages.length,
      bareBefore: shown(before),
      bareAfter: shown(after),
      relay: shown(relay),
      share,
      peakResidentMegabytes: rounded(relay.peakResidentMegabytes),
    },
    target: `at least ${leastShare * 100} % of bare KafkaJS`,
    met: share >= leastShare,
  };
}

function floorName(topic: string): string {
  return `floor.${topic}`;
}

/** For people. */
export function shown({ perSecond, perProcessorSecond }: SendingRate): string {
  return `${Math.round(perSecond)} a second, ${Math.round(perProcessorSecond)} a second of its processor`;
}

/** From the first look at which some were sent to the one at which all are: its start is no part of it. */
async function sendOutbox(
  site: EventSite,
  history: EventHistory,
): Promise<SendingRate & { readonly peakResidentMegabytes: number }> {
  const faultline = await startServicesOn(site, ['relay']);
  const { pid } = faultline.process;
  try {
    const look = async () => ({
      left: await history.unsent(),
      at: performance.now(),
      processor: usageOf(pid).processorSeconds,
    });
    const first = await look();
    let last = first;
    const deadline = Date.now() + patienceMs;
    while (last.left > 0) {
      if (Date.now() > deadline) throw new Error(`${last.left} entries are still unsent`);
      await pause(lookEveryMs);
      last = await look();
    }
    const sent = first.left - last.left;
    return {
      perSecond: sent / ((last.at - first.at) / 1_000),
      perProcessorSecond: sent / (last.processor - first.processor),
      peakResidentMegabytes: usageOf(pid).peakResidentBytes / 1_000_000,
    };
  } finally {
    await faultline.process.stop();
  }
}
