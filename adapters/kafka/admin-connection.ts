import type { Admin, Kafka } from 'kafkajs';
import { asLogError, isUnknownTopic } from './kafka-errors.js';

/** Asks the cluster; connects when first asked, and anew after any failure. */
export class AdminConnection {
  private readonly kafka: Kafka;
  private connecting: Promise<Admin> | undefined;

  constructor(kafka: Kafka) {
    this.kafka = kafka;
  }

  /** Rejects in the words of the port; with UnknownTopic when the cluster does not have `topic`. */
  async ask<Answer>(question: (admin: Admin) => Promise<Answer>, topic?: string): Promise<Answer> {
    this.connecting ??= this.connect();
    const connecting = this.connecting;
    try {
      return await question(await connecting);
    } catch (error) {
      if (!isUnknownTopic(error) && this.connecting === connecting) await this.close();
      throw asLogError(error, topic);
    }
  }

  async close(): Promise<void> {
    const admin = await this.connecting?.catch(() => undefined);
    this.connecting = undefined;
    await admin?.disconnect().catch(() => undefined);
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
