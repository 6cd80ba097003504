import type { BareMessages, BareProduce } from '../bare-produce.js';
import { runOn, type EventSite } from '../event-site.js';
import { rounded, type Part } from '../figures.js';
import { progress } from '../progress.js';
import { startOf } from './event-file.js';
import { shown } from './relay.js';

const leastShare = 0.7;
const topic = 'bench.again';
const floorTopic = 'floor.again';

/** All events of the journal to one topic, by the shipped command; before and after it records like them by KafkaJS alone. */
export async function measureRepublish(
  site: EventSite,
  bare: BareProduce,
  messages: BareMessages,
): Promise<Part> {
  await bare.makeTopics([topic, floorTopic]);
  const floorMessages = messages.map(({ message }) => ({ topic: floorTopic, message }));
  const words = ['republish', '--to', topic, '-o', 'json'];
  const start = await startOf(site, words);
  progress('republish');
  const before = await bare.send(floorMessages);
  const whole = await runOn(site, words);
  const after = await bare.send(floorMessages);
  const { events } = JSON.parse(whole.output) as { events: number };
  const perSecond = events / (whole.seconds - start.seconds);
  const perProcessorSecond = events / (whole.processorSeconds - start.processorSeconds);
  const share = rounded(perSecond / ((before.perSecond + after.perSecond) / 2));
  return {
    name: 'republish',
    figures: {
      events,
      bareBefore: shown(before),
      bareAfter: shown(after),
      republish: shown({ perSecond, perProcessorSecond }),
      share,
      peakResidentMegabytes: rounded(whole.peakResidentMegabytes),
    },
    target: `at least ${leastShare * 100} % of bare KafkaJS`,
    met: share >= leastShare,
  };
}
