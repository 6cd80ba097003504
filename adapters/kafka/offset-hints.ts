import type { Consumer } from 'kafkajs';

const commitEveryMs = 1000;

/** Commits offsets for Kafka's own tools (lag); nothing here ever reads them back, so failures don't matter. */
export class OffsetHints {
  private readonly consumer: Consumer;
  private readonly handled = new Map<string, { topic: string; partition: number; offset: string }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  note(topic: string, partition: number, nextOffset: bigint): void {
    this.handled.set(`${topic}/${partition}`, { topic, partition, offset: `${nextOffset}` });
    this.timer ??= setTimeout(() => void this.commit(), commitEveryMs);
  }

  async commit(): Promise<void> {
    this.close();
    const offsets = [...this.handled.values()];
    this.handled.clear();
    if (offsets.length > 0) await this.consumer.commitOffsets(offsets).catch(() => undefined);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
