import { describe, expect, it } from 'vitest';
import { eventually, Reader, record } from './reading.js';
import type { LogUnderTest } from './suite.js';

/** For logs of the demo, whose clock must not jump while anything is unread. */
export function describeUnread(underTest: () => LogUnderTest): void {
  describe('unread records', () => {
    it('are those appended and not yet handled', async () => {
      const { harness, log, topic, group } = underTest();
      const [name, same] = [await topic(2), group()];
      const unread = (): Promise<bigint> => harness.unread(log, same);
      await log.append(Array.from({ length: 5 }, (_, n) => record(name, `a/n${n}`, `${n}`)));
      expect(await unread()).toBe(0n);
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const reader = new Reader(log, same, [name], { onBatch: () => gate });
      expect(await unread()).toBe(5n);
      release();
      await reader.has(5);
      await eventually('nothing is unread', async () => (await unread()) === 0n);
      await log.append([record(name, 'a/n1', '5')]);
      await reader.has(6);
      await eventually('nothing is unread', async () => (await unread()) === 0n);
      await reader.subscription.stop();
    });
  });
}
