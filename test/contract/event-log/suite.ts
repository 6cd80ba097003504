import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import type { EventLog } from '../../../adapters/ports/event-log.js';
import { describeAppending } from './appending.js';
import { describeConsuming } from './consuming.js';
import { describeFollowing } from './following.js';
import { describeGroups } from './groups.js';
import type { EventLogHarness, HarnessFactory } from './harness.js';
import { describeTopics } from './topics.js';
import { describeUnread } from './unread.js';

/** The log under test; each case makes topics and groups of its own. */
export interface LogUnderTest {
  readonly harness: EventLogHarness;
  readonly log: EventLog;
  /** A fresh topic. */
  readonly topic: (partitions?: number) => Promise<string>;
  readonly group: () => string;
}

/** The contract of `adapters/ports/event-log.ts`: the same cases for every adapter. */
export function describeEventLog(
  name: string,
  start: HarnessFactory,
  { setUpMs }: { readonly setUpMs: number } = { setUpMs: 120_000 },
): void {
  // Of one case; joining a group of Kafka takes seconds when the machine is busy.
  describe(`event log: ${name}`, { timeout: 60_000 }, () => {
    let opened: LogUnderTest | undefined;
    const underTest = (): LogUnderTest => {
      if (opened === undefined) throw new Error('the log was not started');
      return opened;
    };

    beforeAll(async () => {
      const harness = await start();
      const log = harness.open();
      opened = {
        harness,
        log,
        topic: async (partitions = 3) => {
          const topic = `contract.${randomUUID()}`;
          await log.ensureTopics([{ topic, partitions, retentionMs: -1, compacted: false }]);
          return topic;
        },
        group: () => `group.${randomUUID()}`,
      };
    }, setUpMs);

    afterAll(async () => {
      await opened?.harness.stop();
    }, setUpMs);

    describeTopics(underTest);
    describeAppending(underTest);
    describeConsuming(underTest);
    describeUnread(underTest);
    describeGroups(underTest);
    describeFollowing(underTest);
  });
}
