import { afterEach, beforeEach } from 'vitest';
import { seenKey } from '../../../adapters/journal/digests.js';
import type { OutboxWriter } from '../../../adapters/ports/journal.js';
import type { Clock, Randomness } from '../../../adapters/ports/clock.js';
import type { JournalOptions, OpenJournal, OpenWebhooks } from '../../../adapters/journal/options.js';

/** A clock that stands still until it is set; waits are over at once, so that back-off costs no time. */
export class TestClock implements Clock {
  #now = 1_000_000;

  now(): number {
    return this.#now;
  }

  set(now: number): void {
    this.#now = now;
  }

  waitUntil(): Promise<void> {
    return Promise.resolve();
  }

  fromLogTime(wallMs: number): number {
    return wallMs;
  }
}

/** Park and Miller's generator: the same chances in every run. */
export class TestRandomness implements Randomness {
  #state = 20_261_123;

  next(): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state / 2_147_483_647;
  }

  uuid(): string {
    const hex = Array.from({ length: 32 }, () => Math.floor(this.next() * 16).toString(16)).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

/** Says in JSON what it was asked to write, so that a test can read it back from the outbox. */
export const jsonWriter: OutboxWriter = {
  signal: (node, signal, cause) => ({
    topic: 'maintenance.signals',
    key: node,
    event: 'Signal',
    body: Buffer.from(JSON.stringify(signal)),
    headers: {
      ce_id: seenKey(cause.id),
      ...(cause.causedBy === undefined ? {} : { ce_causationid: cause.causedBy }),
    },
  }),
  decided: ({ facts }, { node }) =>
    facts.map((fact) => ({
      topic: 'maintenance.events',
      key: node,
      event: 'ProcessEvent',
      body: Buffer.from(JSON.stringify({ type: fact.type, version: fact.version })),
      headers: {},
    })),
  pause: ({ change, pause, ended }) => ({
    topic: 'guard.pauses',
    key: pause.id,
    event: 'PauseChanged',
    body: Buffer.from(JSON.stringify({ change, by: (ended ?? pause.begun).by })),
    headers: {},
  }),
  fates: (reports) => [
    {
      topic: 'fault.report-fates',
      key: 'fates',
      event: 'ReportsDecided',
      body: Buffer.from(JSON.stringify(reports)),
      headers: {},
    },
  ],
};

export interface Harness {
  /** A new, empty installation. Everything opened from it is closed at the end of the test. */
  installation(): Promise<Installation>;
}

export interface Installation {
  readonly clock: TestClock;
  /** Another copy of Faultline on this installation. */
  open(options?: Partial<JournalOptions>): Promise<OpenJournal & OpenWebhooks>;
  /** Ends all copies that were opened. */
  close(): Promise<void>;
}

export function defaultOptions(clock: TestClock): JournalOptions {
  return {
    clock,
    randomness: new TestRandomness(),
    writer: jsonWriter,
    partitionCount: 4,
    outboxPartitions: 2,
    verify: true,
  };
}

/** An installation of its own, and its first copy. */
export interface Fresh {
  readonly installation: Installation;
  readonly copy: Awaited<ReturnType<Installation['open']>>;
}

/** Gives each test of a suite a fresh installation, and takes it away afterwards. */
export function eachFresh(harness: () => Harness, given: (fresh: Fresh) => unknown): void {
  let installation: Installation | undefined;
  beforeEach(async () => {
    installation = await harness().installation();
    await given({ installation, copy: await installation.open() });
  });
  afterEach(() => installation?.close());
}
