import { it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import type { EventLogHarness } from './harness.js';
import { eventually, Reader } from './reading.js';
import { describeEventLog } from './suite.js';

const wallClock: Clock = {
  now: () => Date.now(),
  waitUntil: async (instant, signal) => {
    await sleep(Math.max(0, instant - Date.now()), undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    );
  },
  fromLogTime: (wallMs) => wallMs,
};

function startMemory(): Promise<EventLogHarness> {
  const log = new MemoryEventLog({ clock: wallClock, retryDelayMs: 20 });
  return Promise.resolve({
    patienceMs: 5000,
    open: () => log.client(),
    startDoomedMember: (group, topic) => {
      const held: unknown[] = [];
      const never = new Promise<void>(() => undefined);
      const reader = new Reader(log, group, [topic], {
        onBatch: (batch) => {
          held.push(batch);
          return never;
        },
      });
      return Promise.resolve({
        holdsBatch: () => eventually('a batch is held', () => held.length > 0),
        kill: () => {
          log.crash(reader.subscription);
          return Promise.resolve();
        },
      });
    },
    trim: (topic, partition, low) => {
      log.trim(topic, partition, low);
      return Promise.resolve();
    },
    unread: (_log, group) => log.unread(group),
    stop: () => log.close(),
  });
}

describeEventLog('memory', startMemory);

it('a partition goes on although its last owner crashed while it was leaving', async () => {
  const log = new MemoryEventLog({ clock: wallClock });
  await log.ensureTopics([{ topic: 't', partitions: 1, retentionMs: -1, compacted: false }]);
  const held: unknown[] = [];
  const leaving = new Reader(log, 'g', ['t'], {
    onBatch: (batch) => {
      held.push(batch);
      return new Promise<void>(() => undefined);
    },
  });
  await log.append([{ topic: 't', key: 'k', value: undefined, headers: {} }]);
  await eventually('a batch is held', () => held.length > 0);
  void leaving.subscription.stop();
  const next = new Reader(log, 'g', ['t']);
  log.crash(leaving.subscription);
  await eventually('the next owner reads', () => next.records.length > 0);
  await log.close();
});
