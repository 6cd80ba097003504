import type { Message, Producer } from 'kafkajs';
import { producerSettings } from '../adapters/kafka/client-settings.js';
import type { EventSite } from './event-site.js';

/** Records, with the topic to which each goes. */
export type BareMessages = readonly { readonly topic: string; readonly message: Message }[];

/** As many as the relay and republish send at once. */
const together = 500;

/** How fast records were sent. */
export interface SendingRate {
  readonly perSecond: number;
  readonly perProcessorSecond: number;
}

/** The floor of whoever publishes: KafkaJS as it comes, with our settings, and records that are ready. */
export class BareProduce {
  readonly #site: EventSite;
  readonly #producer: Producer;

  private constructor(site: EventSite, producer: Producer) {
    this.#site = site;
    this.#producer = producer;
  }

  static async open(site: EventSite): Promise<BareProduce> {
    const producer = site.kafka.producer(producerSettings);
    await producer.connect();
    return new BareProduce(site, producer);
  }

  /** Makes topics of the bench's own. */
  async makeTopics(topics: readonly string[]): Promise<void> {
    await this.#site.admin.createTopics({
      waitForLeaders: true,
      topics: topics.map((topic) => ({ topic, numPartitions: this.#site.partitions })),
    });
  }

  /** Sends all of it in order, some at a time, each time until it is acknowledged. */
  async send(messages: BareMessages): Promise<SendingRate> {
    const began = performance.now();
    const before = process.cpuUsage();
    for (let first = 0; first < messages.length; first += together)
      await this.#producer.sendBatch({
        acks: -1,
        topicMessages: byTopic(messages.slice(first, first + together)),
      });
    const { user, system } = process.cpuUsage(before);
    return {
      perSecond: messages.length / ((performance.now() - began) / 1_000),
      perProcessorSecond: messages.length / ((user + system) / 1_000_000),
    };
  }

  close(): Promise<void> {
    return this.#producer.disconnect();
  }
}

function byTopic(messages: BareMessages): { topic: string; messages: Message[] }[] {
  const grouped = new Map<string, Message[]>();
  for (const { topic, message } of messages) {
    const group = grouped.get(topic);
    if (group === undefined) grouped.set(topic, [message]);
    else group.push(message);
  }
  return [...grouped].map(([topic, group]) => ({ topic, messages: group }));
}
