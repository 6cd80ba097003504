import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkpoint } from './checkpoint.js';
import { DuplicateFilter, type LastSequence } from './duplicate-filter.js';
import type { FaultlineEvent } from './event.js';
import { reasonOf, SubscriptionFailed, UnreadableRecord } from './problems.js';

export interface Delivery {
  /**
   * Says that the event was acted on, with `acknowledge: 'manual'`; may come long after the handler, and in any order.
   * Idempotent. Without it the checkpoint stays before this event, and it comes again after a restart.
   */
  acknowledge(): void;
}

/** What becomes of a record that can't be read: gone past, or the subscription ends before it. */
export type Verdict = 'skip' | 'stop';

export type EventHandler = (event: FaultlineEvent, delivery: Delivery) => void | Promise<void>;

export interface SubscriberOptions {
  /**
   * Acts on an event. Of one partition (so of one node) one at a time, in order. When it rejects, it is called again with
   * the same event after a while, and nothing behind it in its partition is delivered before it resolves.
   */
  readonly onEvent: EventHandler;
  /** Hears what was published again on purpose (`event.replay` names the run). Without it such events are left out. */
  readonly onReplayed?: EventHandler;
  /** Decides about a record that can't be read. Without it the subscription ends with the UnreadableRecord. */
  readonly onUnreadable?: (problem: UnreadableRecord) => Verdict | Promise<Verdict>;
  /** Hears, in one line, of what is tried again. */
  readonly onTrouble?: (message: string) => void;
  /** Default `automatic`: an event is acknowledged when its handler resolves. */
  readonly acknowledge?: 'automatic' | 'manual';
  /** Events of one partition that may wait for their acknowledgement before delivery waits. Default 1,000. */
  readonly mostUnacknowledged?: number;
  /**
   * For who keeps in his own store what he acted on: then nothing that has a sequence is delivered twice, not even after
   * a restart. Asked once per node, topic and source.
   */
  readonly lastSequence?: LastSequence;
  /** How many ids and nodes are remembered against duplicates, per partition. Default 50,000. */
  readonly mostRemembered?: number;
}

export interface Subscription {
  /** Resolves after `stop`; rejects with SubscriptionFailed or UnreadableRecord when the subscription can't go on. */
  readonly ended: Promise<void>;
  /** Lets handlers that run come to their end, keeps the checkpoint, and resolves. Idempotent. */
  stop(): Promise<void>;
}

const firstWaitMs = 200;
const longestWaitMs = 10_000;

/** Waits before the next try: longer each time. Resolves early when `signal` aborts. */
export async function backOff(tries: number, signal: AbortSignal): Promise<void> {
  const waitMs = Math.min(firstWaitMs * 2 ** Math.min(tries - 1, 10), longestWaitMs);
  await sleep(waitMs, undefined, { signal }).catch(() => undefined);
}

/** What is delivered of one partition: each event once as far as is known, in order, and as often as the handler needs. */
export class PartitionDelivery<Position> {
  readonly #options: SubscriberOptions;
  readonly #known: DuplicateFilter;
  readonly #checkpoint: Checkpoint<Position>;
  readonly #signal: AbortSignal;

  /** @param signal aborts when nothing more is to be delivered */
  constructor(options: SubscriberOptions, checkpoint: Checkpoint<Position>, signal: AbortSignal) {
    const { mostRemembered = 50_000, lastSequence = () => Promise.resolve(undefined) } = options;
    this.#options = options;
    this.#known = new DuplicateFilter({ most: mostRemembered, lastSequence });
    this.#checkpoint = checkpoint;
    this.#signal = signal;
  }

  /**
   * Delivers what `read` gives, and takes `position` into the checkpoint. Resolves with false when it was interrupted: the
   * record is then not delivered, and has to come again. Rejects with what ends the subscription.
   */
  async deliver(read: () => FaultlineEvent | Promise<FaultlineEvent>, position: Position): Promise<boolean> {
    const { mostUnacknowledged = 1_000 } = this.#options;
    while (this.#checkpoint.open >= mostUnacknowledged && !this.#isOver()) await backOff(1, this.#signal);
    const event = await this.#insisting(() => this.#readOrSkip(read));
    if (event === undefined) return false;
    const isWanted = event !== 'skipped' && (await this.#insisting(() => this.#isWanted(event)));
    if (isWanted === undefined) return false;
    if (event === 'skipped' || !isWanted) {
      this.pass(position);
      return true;
    }
    const acknowledge = this.#checkpoint.begin(position);
    const handled = await this.#insisting(async () => {
      await this.#handlerOf(event)?.(event, { acknowledge });
      return true;
    });
    if (handled === undefined) return false;
    this.#known.remember(event);
    if (this.#options.acknowledge !== 'manual') acknowledge();
    return true;
  }

  /** Takes a position into the checkpoint at which nothing is to be delivered. */
  pass(position: Position): void {
    this.#checkpoint.begin(position)();
  }

  /** A method, since it changes while others are awaited. */
  #isOver(): boolean {
    return this.#signal.aborted;
  }

  #handlerOf({ replay }: FaultlineEvent): EventHandler | undefined {
    return replay === undefined ? this.#options.onEvent : this.#options.onReplayed;
  }

  async #isWanted(event: FaultlineEvent): Promise<boolean> {
    return this.#handlerOf(event) !== undefined && !(await this.#known.isKnown(event));
  }

  async #readOrSkip(
    read: () => FaultlineEvent | Promise<FaultlineEvent>,
  ): Promise<FaultlineEvent | 'skipped'> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      const verdict = (await this.#options.onUnreadable?.(error)) ?? 'stop';
      if (verdict === 'skip') return 'skipped';
      throw error;
    }
  }

  /** Tries until it works; undefined: interrupted. */
  async #insisting<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    for (let tries = 1; !this.#isOver(); tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof UnreadableRecord || error instanceof SubscriptionFailed) throw error;
        this.#options.onTrouble?.(reasonOf(error));
        await backOff(tries, this.#signal);
      }
    }
    return undefined;
  }
}
