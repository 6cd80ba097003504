import type { TopicSpecification } from '../../ports/event-log.js';
import { topicSettings } from './topic-settings.js';

/** A topic as the cluster has it. */
export interface FoundTopic {
  readonly topic: string;
  readonly partitions: number;
  /** In force, whoever set them, by Kafka's names. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What is only done when it was asked for by name. */
export const permissions = ['more-partitions', 'shorter-retention'] as const;
export type Permission = (typeof permissions)[number];

export interface TopicChange {
  /** `partitions`, or a setting in Kafka's name. */
  readonly setting: string;
  /** Absent: the topic is not there yet. */
  readonly is?: string;
  readonly shall: string;
  readonly action: 'set' | 'withheld' | 'impossible';
  /** What has to be known about it. */
  readonly note?: string;
}

export interface TopicPlan {
  readonly topic: string;
  readonly action: 'create' | 'change' | 'none';
  /** What is not as in the catalog. */
  readonly changes: readonly TopicChange[];
}

/** Kafka's -1: no limit. */
function limit(text: string): number {
  return text === '-1' ? Infinity : Number(text);
}

const isLower = (is: string, shall: string): boolean => limit(shall) < limit(is);

/** Whether Kafka may then delete records that it would have kept. */
const losesRecords: Readonly<Record<string, (is: string, shall: string) => boolean>> = {
  'retention.ms': isLower,
  'retention.bytes': isLower,
  'cleanup.policy': () => true,
};

/** Larger does no harm, and somebody may need it. */
function isGoodEnough(setting: string, is: string, shall: string): boolean {
  return is === shall || (setting === 'max.message.bytes' && Number(is) > Number(shall));
}

function changeOf(setting: string, is: string, shall: string, allowed: ReadonlySet<Permission>): TopicChange {
  const change = { setting, is, shall };
  if (losesRecords[setting]?.(is, shall) !== true) return { ...change, action: 'set' };
  const note = 'Kafka may then delete records that it would have kept';
  return gated(change, note, 'shorter-retention', allowed);
}

function gated(
  change: Pick<TopicChange, 'setting' | 'is' | 'shall'>,
  note: string,
  needs: Permission,
  allowed: ReadonlySet<Permission>,
): TopicChange {
  return allowed.has(needs)
    ? { ...change, action: 'set', note }
    : { ...change, action: 'withheld', note: `${note}: only with --allow-${needs}` };
}

const splitsNodes =
  'from then on most nodes have another partition, so that their later records may be read before their earlier ones; an installation that has run refuses another count';

function partitionsOf(is: number, shall: number, allowed: ReadonlySet<Permission>): readonly TopicChange[] {
  if (is === shall) return [];
  const change = { setting: 'partitions', is: String(is), shall: String(shall) };
  if (is > shall) {
    const note = `Kafka never takes partitions away: set eventLog.partitions to ${is} before the first start`;
    return [{ ...change, action: 'impossible', note }];
  }
  return [gated(change, splitsNodes, 'more-partitions', allowed)];
}

function created(wanted: TopicSpecification): TopicPlan {
  const settings = { partitions: String(wanted.partitions), ...topicSettings(wanted) };
  return {
    topic: wanted.topic,
    action: 'create',
    changes: Object.entries(settings).map(([setting, shall]) => ({ setting, shall, action: 'set' })),
  };
}

function planTopic(
  wanted: TopicSpecification,
  found: FoundTopic | undefined,
  allowed: ReadonlySet<Permission>,
): TopicPlan {
  if (found === undefined) return created(wanted);
  const changes = [
    ...partitionsOf(found.partitions, wanted.partitions, allowed),
    ...Object.entries(topicSettings(wanted)).flatMap(([setting, shall]) => {
      const is = found.settings[setting] ?? 'unknown';
      return isGoodEnough(setting, is, shall) ? [] : [changeOf(setting, is, shall, allowed)];
    }),
  ];
  const some = changes.some(({ action }) => action === 'set');
  return { topic: wanted.topic, action: some ? 'change' : 'none', changes };
}

/** How to make the cluster's topics those of the catalog. Nothing is ever deleted, and no topic of others looked at. */
export function planTopics(
  wanted: readonly TopicSpecification[],
  found: readonly FoundTopic[],
  allowed: ReadonlySet<Permission>,
): readonly TopicPlan[] {
  const present = new Map(found.map((topic) => [topic.topic, topic]));
  return wanted.map((topic) => planTopic(topic, present.get(topic.topic), allowed));
}
