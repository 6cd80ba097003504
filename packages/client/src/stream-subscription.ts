import { serverSentEvents } from '../../protocols/server-sent-events.js';
import { Checkpoint } from './checkpoint.js';
import { knowingStates } from './duplicate-filter.js';
import type { FaultlineEvent } from './event.js';
import { reasonOf, SubscriptionFailed, UnreadableRecord } from './problems.js';
import { nodesToldOf, readState, readStructured } from './read-structured.js';
import { backOff, PartitionDelivery, type SubscriberOptions, type Subscription } from './subscriber.js';

export interface StreamOptions extends SubscriberOptions {
  /** Of the console, for instance `https://faultline.example.com`. */
  readonly url: string;
  /**
   * Filters, and `from` or `until`: see docs/openapi.json. With `snapshot: 'true'` the present state of each node comes first, as
   * `NodeState`, and then each event that is not in it.
   */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: () => Readonly<Record<string, string>>;
  /** Instead of Node's own, for instance with a client certificate. */
  readonly fetch?: typeof fetch;
  /** Where to go on: what `onCheckpoint` was told last. */
  readonly lastEventId?: string;
  /** Hears where to go on after a restart, once all before it is acknowledged. Keep the last one. */
  readonly onCheckpoint?: (lastEventId: string) => void;
  /** Hears, with `snapshot`, that all present states were given, and of how many nodes. */
  readonly onSnapshotEnd?: (nodes: number) => void;
}

/**
 * The same events by HTTP, all in one order, one at a time. A stream that breaks is gone on with at the checkpoint. Ends
 * with the stream where `until` gives it an end.
 */
export function subscribeToStream(options: StreamOptions): Subscription {
  return new StreamSubscription(options);
}

class StreamSubscription implements Subscription {
  readonly ended: Promise<void>;
  readonly #options: StreamOptions;
  readonly #stopping = new AbortController();
  /** Of what was read and comes again after a stream broke, too. */
  #goOnAt: string | undefined;
  /** Of the states that were given first, by node. */
  readonly #told = new Map<string, string>();

  constructor(options: StreamOptions) {
    this.#options = { ...options, lastSequence: knowingStates(() => this.#told, options.lastSequence) };
    this.#goOnAt = options.lastEventId;
    this.ended = this.#run();
    // Whoever only waits for stop() need not look at it.
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.ended.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const checkpoint = new Checkpoint<string>();
    const delivery = new PartitionDelivery(this.#options, checkpoint, signal);
    for (let tries = 1; !this.#isOver(); tries += 1) {
      try {
        const isOver = await this.#read(delivery, () => {
          tries = 0;
          this.#keep(checkpoint.reached);
        });
        this.#keep(checkpoint.reached);
        if (isOver) return;
      } catch (error) {
        if (error instanceof SubscriptionFailed || error instanceof UnreadableRecord) throw error;
        if (!this.#isOver()) this.#options.onTrouble?.(`stream of events: ${reasonOf(error)}`);
      }
      await backOff(tries, signal);
    }
    this.#keep(checkpoint.reached);
  }

  /** A method, since it changes while others are awaited. */
  #isOver(): boolean {
    return this.#stopping.signal.aborted;
  }

  #keep(reached: string | undefined): void {
    // A state has no id: who is cut off among them begins anew.
    if (reached === undefined || reached === '' || reached === this.#goOnAt) return;
    this.#goOnAt = reached;
    this.#options.onCheckpoint?.(reached);
  }

  /** One connection. Resolves with whether the stream has come to its end. */
  async #read(delivery: PartitionDelivery<string>, onProgress: () => void): Promise<boolean> {
    for await (const { id, name, data } of serverSentEvents(await this.#open())) {
      if (name === 'end') return true;
      if (name === 'cut-off') continue;
      if (data === '') delivery.pass(id);
      else if (name === 'snapshot-end') this.#endSnapshot(delivery, { id, data });
      else if (!(await delivery.deliver(() => this.#eventIn(name, data), id))) return false;
      onProgress();
    }
    return false;
  }

  #eventIn(name: string, data: string): FaultlineEvent {
    if (name !== 'NodeState') return readStructured(data);
    const state = readState(data);
    this.#told.set(state.node, state.data.sequence);
    return state;
  }

  #endSnapshot(
    delivery: PartitionDelivery<string>,
    { id, data }: { readonly id: string; readonly data: string },
  ): void {
    this.#options.onSnapshotEnd?.(nodesToldOf(data));
    delivery.pass(id);
  }

  async #open(): Promise<AsyncIterable<Uint8Array>> {
    const { url, query = {}, headers = () => ({}), fetch: ask = fetch } = this.#options;
    const goOn = this.#goOnAt === undefined ? {} : { 'last-event-id': this.#goOnAt };
    const address = `${url.replace(/\/+$/, '')}/v1/events?${new URLSearchParams(query).toString()}`;
    const answer = await ask(address, {
      headers: { accept: 'text/event-stream', ...headers(), ...goOn },
      signal: this.#stopping.signal,
    });
    if (answer.ok && answer.body !== null) return answer.body;
    const said = (await answer.text()).slice(0, 300);
    const message = `${address} answered ${answer.status}: ${said}`;
    throw isRefused(answer.status) ? new SubscriptionFailed(message) : new Error(message);
  }
}

/** What asking again does not change. */
function isRefused(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
