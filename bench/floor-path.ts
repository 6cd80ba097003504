import { randomBytes } from 'node:crypto';
import kafkajs, { type Consumer, type Producer } from 'kafkajs';
import pg from 'pg';
import { consumerSettings, producerSettings, runSettings } from '../adapters/kafka/client-settings.js';
import { patchRecordFormat } from '../adapters/kafka/record-format-patch.js';
import { patchRequestQueue } from '../packages/protocols/request-queue-patch.js';
import { bareIsolation, undoIsolation } from './bare-isolation.js';
import type { BenchSite } from './bench-site.js';
import type { NodeApi, NodeObject } from './node-api.js';

const topic = 'bench.floor';
/** As large as a report with its headers. */
const valueBytes = 300;
const rowBytes = 1_000;

/**
 * The least that the way from a report to a cordon can cost: one record produced and consumed, two commits, one
 * PATCH; each with a client as bare as it comes and as warm as Faultline's.
 */
export class FloorPath {
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #database: pg.Client;
  readonly #api: NodeApi;
  #consumed: (() => void) | undefined;

  private constructor(producer: Producer, consumer: Consumer, database: pg.Client, api: NodeApi) {
    this.#producer = producer;
    this.#consumer = consumer;
    this.#database = database;
    this.#api = api;
  }

  static async open(site: BenchSite, api: NodeApi): Promise<FloorPath> {
    patchRequestQueue();
    patchRecordFormat();
    const kafka = new kafkajs.Kafka({
      clientId: 'bench-floor',
      brokers: [...site.stack.kafka.bootstrapServers],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: site.partitions }] });
    await admin.disconnect();
    const database = new pg.Client({ connectionString: site.stack.connectionString });
    await database.connect();
    await database.query('CREATE TABLE IF NOT EXISTS bench_floor (body text NOT NULL)');
    const path = new FloorPath(
      kafka.producer(producerSettings),
      kafka.consumer({ groupId: 'bench-floor', ...consumerSettings }),
      database,
      api,
    );
    await path.#listen();
    return path;
  }

  /** Milliseconds from the call to produce until the PATCH is answered. The node is as it was afterwards. */
  async sample(node: NodeObject): Promise<{ readonly ms: number; readonly node: NodeObject }> {
    const patch = bareIsolation(node);
    const arrived = new Promise<void>((resolve) => (this.#consumed = resolve));
    const began = performance.now();
    const message = { key: node.metadata.name, value: randomBytes(valueBytes) };
    await Promise.all([this.#producer.send({ topic, acks: -1, messages: [message] }), arrived]);
    await this.#commit();
    await this.#commit();
    const patched = await this.#api.patch(node.metadata.name, patch);
    const ms = performance.now() - began;
    return { ms, node: await undoIsolation(this.#api, patched) };
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
    await this.#producer.disconnect();
    await this.#database.end();
  }

  async #listen(): Promise<void> {
    await this.#producer.connect();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [topic], fromBeginning: true });
    const joined = new Promise<void>((resolve) => {
      this.#consumer.on(this.#consumer.events.GROUP_JOIN, () => {
        resolve();
      });
    });
    await this.#consumer.run({
      ...runSettings,
      eachBatch: (payload) => {
        payload.resolveOffset(payload.batch.lastOffset());
        this.#consumed?.();
        return Promise.resolve();
      },
    });
    await joined;
  }

  async #commit(): Promise<void> {
    await this.#database.query({
      name: 'floor',
      text: 'INSERT INTO bench_floor (body) VALUES ($1)',
      values: ['x'.repeat(rowBytes)],
    });
  }
}
