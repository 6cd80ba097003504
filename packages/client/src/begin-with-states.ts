import type { Admin, Kafka } from 'kafkajs';
import { factTopics, stateTopic, type eventOfTopic } from './generated/events.js';
import { readStates, type Offsets, type PresentStates } from './present-states.js';
import { SubscriptionFailed } from './problems.js';

/** What is to begin with the present states. */
export interface BeginningGroup {
  readonly group: string;
  readonly topics: readonly (keyof typeof eventOfTopic)[];
  readonly signal: AbortSignal;
  /** Resolves when all states are acknowledged; with false when it was interrupted. */
  readonly deliver: (states: PresentStates) => Promise<boolean>;
}

/** A start at states needs events that say where in the history of their node they stand. */
function refuseWithoutSequence(topics: BeginningGroup['topics']): void {
  const without = topics.filter((topic) => !factTopics.has(topic));
  if (without.length === 0) return;
  throw new SubscriptionFailed(
    `from: 'states' goes with topics of facts, and not with ${without.join(', ')}: subscribe to it in a group of its own`,
  );
}

/**
 * Where a topic goes on behind states: of each partition an offset.
 * @throws SubscriptionFailed when the topic has forgotten what may not be in the states
 */
function startsBehind(
  { covered }: Pick<PresentStates, 'covered'>,
  topic: string,
  offsets: readonly Offsets[],
): readonly { readonly partition: number; readonly offset: string }[] {
  return offsets.map(({ partition, low }) => {
    const offset = covered.get(partition)?.get(topic) ?? 0n;
    if (offset < BigInt(low)) {
      throw new SubscriptionFailed(
        `${topic}/${partition} begins at ${low} by now, and ${stateTopic} tells only what was before ${offset}: see that Faultline's service node-states runs and is not behind, then begin again`,
      );
    }
    return { partition, offset: String(offset) };
  });
}

/** Whether the group was ever anywhere in one of these topics. */
async function hasBegun(admin: Admin, group: string, topics: readonly string[]): Promise<boolean> {
  const known = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  return known.some(({ partitions }) => partitions.some(({ offset }) => BigInt(offset) >= 0n));
}

async function beginAt(
  admin: Admin,
  { group, topics, signal, deliver }: BeginningGroup,
  kafka: Kafka,
): Promise<boolean> {
  if (await hasBegun(admin, group, topics)) return true;
  const states = await readStates(kafka, { admin, group, signal });
  const starts: { readonly topic: string; readonly partitions: ReturnType<typeof startsBehind> }[] = [];
  for (const topic of topics)
    starts.push({ topic, partitions: startsBehind(states, topic, await admin.fetchTopicOffsets(topic)) });
  if (!(await deliver(states))) return false;
  for (const { topic, partitions } of starts)
    await admin.setOffsets({ groupId: group, topic, partitions: [...partitions] });
  return true;
}

/**
 * Gives the present states to a group that was nowhere yet, and has it go on behind them. Resolves with whether the group has
 * begun. Done twice it gives them twice. Rejects with SubscriptionFailed where it can't begin so, and as KafkaJS does.
 */
export async function beginWithStates(kafka: Kafka, beginning: BeginningGroup): Promise<boolean> {
  refuseWithoutSequence(beginning.topics);
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await beginAt(admin, beginning, kafka);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
