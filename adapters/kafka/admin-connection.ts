import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { answerWithin } from '../clock/answer-within.js';
import { asLogError, isLeaderMoving, isUnknownTopic } from './kafka-errors.js';

/** A partition that was just made, or whose broker went, has a leader within moments; KafkaJS does not ask again. */
const mostLooksForLeader = 6;
const firstWaitMs = 50;

/** Asks the cluster; connects when first asked, and anew after any failure. */
export class AdminConnection {
  private readonly kafka: Kafka;
  private readonly longestAnswerMs: number;
  private connecting: Promise<Admin> | undefined;

  /**
   * @param longestAnswerMs connecting, and each answer: KafkaJS loses requests that are sent while their connection is
   * being closed, and whoever waits for such an answer waits for ever
   */
  constructor(kafka: Kafka, longestAnswerMs = 60_000) {
    this.kafka = kafka;
    this.longestAnswerMs = longestAnswerMs;
  }

  /** Rejects in the words of the port; with UnknownTopic when the cluster does not have `topic`. */
  async ask<Answer>(question: (admin: Admin) => Promise<Answer>, topic?: string): Promise<Answer> {
    for (let looks = 1; ; looks += 1) {
      try {
        return await this.askOnce(question);
      } catch (error) {
        if (!isLeaderMoving(error) || looks === mostLooksForLeader) throw asLogError(error, topic);
        await sleep(firstWaitMs * 2 ** (looks - 1));
      }
    }
  }

  private async askOnce<Answer>(question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    this.connecting ??= this.connect();
    const connecting = this.connecting;
    try {
      return await answerWithin(this.longestAnswerMs, async () => question(await connecting));
    } catch (error) {
      if (!isUnknownTopic(error) && this.connecting === connecting) {
        this.connecting = undefined;
        void goodbye(connecting);
      }
      throw error;
    }
  }

  /** Waits for the goodbye no longer than for an answer. */
  async close(): Promise<void> {
    const { connecting } = this;
    this.connecting = undefined;
    if (connecting === undefined) return;
    await answerWithin(this.longestAnswerMs, () => goodbye(connecting)).catch(() => undefined);
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin({ retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 4 } });
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }
}

async function goodbye(connecting: Promise<Admin>): Promise<void> {
  try {
    await (await connecting).disconnect();
  } catch {
    // There is nobody to say goodbye to.
  }
}
