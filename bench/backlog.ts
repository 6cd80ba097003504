import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { inputTopics } from '../schemas/catalog.js';
import type { BenchSite } from './bench-site.js';
import type { JournalLook } from './journal-look.js';

const group = 'maintenance';

/** What was accepted or decided and is not finished: unread records, unsent outbox entries, open commands. */
export class Backlog {
  readonly #admin: Admin;
  readonly #journal: JournalLook;

  private constructor(admin: Admin, journal: JournalLook) {
    this.#admin = admin;
    this.#journal = journal;
  }

  static async open(site: BenchSite, journal: JournalLook): Promise<Backlog> {
    const kafka = new kafkajs.Kafka({
      clientId: 'bench-backlog',
      brokers: [...site.stack.kafka.bootstrapServers],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect();
    return new Backlog(admin, journal);
  }

  async count(): Promise<number> {
    const { unsent, openCommands } = await this.#journal.unfinished();
    return (await this.#unread()) + unsent + openCommands;
  }

  /** Milliseconds until nothing is left, as of now. */
  async drained(patienceMs = 300_000): Promise<number> {
    const began = performance.now();
    for (;;) {
      const left = await this.count();
      const ms = performance.now() - began;
      if (left === 0) return ms;
      if (ms > patienceMs) throw new Error(`${left} left after ${patienceMs} ms`);
      await pause(20);
    }
  }

  close(): Promise<void> {
    return this.#admin.disconnect();
  }

  async #unread(): Promise<number> {
    const consumed = await this.#journal.consumed(group);
    let unread = 0n;
    for (const topic of inputTopics) {
      for (const { partition, high } of await this.#admin.fetchTopicOffsets(topic)) {
        unread += BigInt(high) - (consumed.get(`${topic}/${partition}`) ?? 0n);
      }
    }
    return Number(unread);
  }
}
