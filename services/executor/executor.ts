import type { NodeKey } from '../../domain/identifiers.js';
import type { ChangeGuard } from '../../adapters/ports/change-guard.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { CommandQueue, QueuedCommand } from '../../adapters/ports/journal.js';
import type { KubernetesCluster } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import type { ExecutorMetrics } from '../../adapters/ports/metrics.js';
import type { LeasesOfClusters } from '../../adapters/ports/node-lease.js';
import type { PowerController } from '../../adapters/ports/power.js';
import type { MachineActions, TicketSystem } from '../../adapters/ports/work-orders.js';
import { attempt, type AttemptContext } from './attempt.js';
import { backOffMs } from '../back-off.js';
import { noLooksNeeded, type FirstLooks } from '../first-looks.js';
import { Heads } from './heads.js';
import { NodeStory } from './node-story.js';
import type { ExecutorSettings } from './settings.js';
import { Workload, workingClock } from '../workload.js';

export interface ExecutorOptions {
  readonly queue: CommandQueue;
  /** By name of the cluster. */
  readonly clusters: ReadonlyMap<string, KubernetesCluster>;
  readonly power?: PowerController;
  readonly tickets?: TicketSystem;
  readonly actions?: MachineActions;
  readonly guard: ChangeGuard;
  /** Of clusters where a node's lease has to be held before anything risky is done to it. */
  readonly leases?: LeasesOfClusters;
  /** Clusters that may not be acted on yet; without it: none. */
  readonly firstLooks?: Pick<FirstLooks, 'isOver'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly settings: ExecutorSettings;
  /** Aborting stops it: nothing new is claimed; what waits for something long is left to be observed by the next copy. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics?: ExecutorMetrics;
}

export interface RunningExecutor {
  /** Resolves when it has stopped and nothing of it is under way. Never rejects. */
  readonly ended: Promise<void>;
  /** Pieces of work that are not just waiting for time to pass. A clock that jumps stands still unless this is 0. */
  underWay(): number;
}

/**
 * Carries out commands: many nodes at a time, one command at a time per node, each only after a look at the present
 * and a claim. Goes on whatever a single command does, and while the journal does not answer.
 */
export function runExecutor(options: ExecutorOptions): RunningExecutor {
  const loop = new ExecutorLoop(options);
  return { ended: loop.run(), underWay: () => loop.underWay() };
}

/** Why a wait ends: a reason of its own, since none at all costs an exception with its stack at each pass. */
const over = 'over';
/** Waiting commands take no place, but a copy does not hold more than this. */
const mostOpen = 4_096;

class ExecutorLoop {
  readonly #options: ExecutorOptions;
  readonly #context: AttemptContext;
  readonly #heads: Heads;
  readonly #workload = new Workload(() => {
    if (this.#isFull) this.#waiting?.abort(over);
  });
  readonly #tasks = new Map<NodeKey, Promise<void>>();
  /** Nodes whose next command was seen while an earlier one was under work here. */
  readonly #held = new Set<NodeKey>();
  /** The latest pass may have left something for want of a place. */
  #isFull = false;
  #passing = false;
  /** Aborted when there may be something to do before the queue says so. */
  #waiting: AbortController | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#heads = new Heads(options.queue, options.clock);
    this.#context = {
      ...options,
      power: options.power,
      tickets: options.tickets,
      actions: options.actions,
      firstLooks: options.firstLooks ?? noLooksNeeded,
      clock: workingClock(options.clock, this.#workload),
      workload: this.#workload,
      story: new NodeStory(options.clock, options.log),
      claimant: options.randomness.uuid(),
      stopping: options.signal,
      looks: new Map(),
    };
  }

  underWay(): number {
    return this.#workload.active + (this.#passing ? 1 : 0);
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = (): void => this.#waiting?.abort(over);
    signal.addEventListener('abort', stop);
    for (let failures = 0; !isOver(signal);) {
      try {
        await this.#pass();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#options.log.warn({ error }, 'the queue of commands does not answer');
        await this.#restAfterFailure(failures);
      }
    }
    await Promise.all(this.#tasks.values());
    signal.removeEventListener('abort', stop);
  }

  /** Begins what can be begun; if that is nothing, waits until there may be something. */
  async #pass(): Promise<void> {
    const { queue, settings } = this.#options;
    const waiting = new AbortController();
    this.#waiting = waiting;
    const free = Math.min(settings.concurrency - this.#workload.places, mostOpen - this.#tasks.size);
    this.#isFull = free <= 0;
    if (this.#isFull) return abortOf(waiting.signal);
    this.#passing = true;
    try {
      if ((await this.#begin(free)) === free) return;
      const sleep = await this.#sleepUntilDue(waiting.signal);
      this.#context.story.tell(() => this.#workload.active === 0);
      this.#passing = false;
      // Listened for only now: it is over at once when something came after the queue was read.
      await Promise.race([queue.awaitWork(waiting.signal), ...sleep]);
    } finally {
      this.#passing = false;
      waiting.abort(over);
    }
  }

  /**
   * A head that was due when the queue was read is under work here: its end will be heard of, so it is the next one that
   * is slept for. One that has become due since (a claim ran out while the queue was slow to answer) is looked at at once.
   */
  async #sleepUntilDue(signal: AbortSignal): Promise<readonly Promise<void>[]> {
    const { queue, clock } = this.#options;
    const due = await queue.nextDue(this.#heads.readAt);
    return due === undefined ? [] : [clock.waitUntil(due, signal)];
  }

  async #begin(free: number): Promise<number> {
    const heads = await this.#heads.take(free, this.#tasks, this.#held);
    for (const queued of heads) this.#start(queued);
    return heads.length;
  }

  #start(queued: QueuedCommand): void {
    const { node } = queued.command;
    this.#workload.begin();
    const task = this.#work(queued).then((isTold) => {
      this.#tasks.delete(node);
      this.#workload.end();
      if (this.#held.delete(node) || !isTold) this.#waiting?.abort(over);
    });
    this.#tasks.set(node, task);
  }

  async #work(queued: QueuedCommand): Promise<boolean> {
    try {
      return await attempt(this.#context, queued);
    } catch (error) {
      // The journal did not answer. The claim runs out by itself; the node rests so that this is no tight loop.
      this.#options.log.error({ error, command: queued.command.id }, 'a command could not be carried on');
      const wait = this.#context.settings.firstRetryMs * 4;
      await this.#context.clock.waitUntil(this.#context.clock.now() + wait, this.#options.signal, 'trouble');
      return false;
    }
  }

  async #restAfterFailure(failures: number): Promise<void> {
    const { clock, randomness, settings, signal } = this.#options;
    const bounds = { firstMs: settings.firstRetryMs, longestMs: settings.longestRetryMs };
    await clock.waitUntil(clock.now() + backOffMs(failures, randomness, bounds), signal, 'trouble');
  }
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
