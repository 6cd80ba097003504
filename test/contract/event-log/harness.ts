import type { EventLog } from '../../../adapters/ports/event-log.js';

/** What the suite needs to know about one kind of log. */
export interface EventLogHarness {
  /** Another client of the same log, as another process would have; closed by `stop`. */
  open(): EventLog;
  /** Wait after a failed batch and for takeover; the suite never asserts on time, only waits at most this long. */
  readonly patienceMs: number;
  /** Starts a member of the group in a way that it can be killed; it takes what it is given and never finishes it. */
  startDoomedMember(group: string, topic: string): Promise<DoomedMember>;
  /** Removes all records below `low`, as retention would. */
  trim(topic: string, partition: number, low: bigint): Promise<void>;
  /** What the group has not read yet. */
  unread(log: EventLog, group: string): Promise<bigint>;
  stop(): Promise<void>;
}

export interface DoomedMember {
  /** Resolves when it has a batch in its hands. */
  holdsBatch(): Promise<void>;
  kill(): Promise<void>;
}

export type HarnessFactory = () => Promise<EventLogHarness>;
