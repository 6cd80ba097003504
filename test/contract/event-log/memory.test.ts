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
