import type { Clock } from '../../adapters/ports/clock.js';
import type { Duty } from '../../adapters/ports/duty.js';
import type { EventLog } from '../../adapters/ports/event-log.js';
import type { NodeStateMetrics } from '../../adapters/ports/metrics.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { factTopics, stateTopic } from '../../schemas/catalog.js';
import { pause, superviseLoop, type Supervision } from '../supervision.js';
import { Heard } from './heard.js';
import { StateTeller, type TellingOptions } from './state-teller.js';

export interface NodeStatesOptions extends Supervision, Omit<TellingOptions, 'metrics'> {
  readonly eventLog: Pick<EventLog, 'append' | 'bounds' | 'follow'>;
  readonly schemaIds: SchemaIds;
  readonly duty: Duty;
  /** `/faultline/<installation>/node-states` */
  readonly source: string;
  /** Of the journal. */
  readonly epoch: number;
  /** What comes within this time is told together, ms. */
  readonly gatherMs: number;
  /** How soon the duty of a copy that died is taken over, ms. */
  readonly takeOverMs: number;
  readonly metrics: NodeStateMetrics;
}

const batchRecords = 500;
/** All nodes are compared anew so often, whatever was heard: for what nobody has thought of. */
const lookAtAllEveryMs = 86_400_000;

/**
 * Tells the present state of each node on the topic of states, which keeps the latest of each, until the signal aborts. It
 * keeps no cursor: a run reads what the topic says, tells what is no longer so, and then follows the topics of facts. At
 * least once; any number of copies may run, one has the duty.
 */
export async function runNodeStates(options: NodeStatesOptions): Promise<void> {
  const { duty, metrics, takeOverMs } = options;
  const lag = new Lag(options.clock);
  metrics.nodeStatesLag(() => lag.ms);
  await superviseLoop('node-states', options, async (getsAlong) => {
    if (!(await duty.acquire())) {
      lag.isAnothers();
      getsAlong();
      await pause(options, takeOverMs);
      return;
    }
    try {
      lag.begins();
      const run = await Run.open(options);
      await run.untilOver(() => {
        lag.follows(run);
        getsAlong();
      });
    } finally {
      await duty.release();
    }
  });
}

/** How far what this copy has told is behind what happened. */
class Lag {
  readonly #clock: Clock;
  /** Since when this copy has the duty without knowing what is to be told, ms. */
  #beganAt: number | undefined;
  #run: Pick<Run, 'dueSince'> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What another copy is to tell is told by it alone. */
  isAnothers(): void {
    this.#beganAt = undefined;
    this.#run = undefined;
  }

  begins(): void {
    this.#beganAt ??= this.#clock.now();
    this.#run = undefined;
  }

  follows(run: Pick<Run, 'dueSince'>): void {
    this.#beganAt = undefined;
    this.#run = run;
  }

  get ms(): number {
    const now = this.#clock.now();
    if (this.#beganAt !== undefined) return now - this.#beganAt;
    const since = this.#run?.dueSince ?? Infinity;
    return since === Infinity ? 0 : Math.max(0, now - this.#clock.fromLogTime(since));
  }
}

/** One time of having the duty. */
class Run {
  readonly #options: NodeStatesOptions;
  readonly #heard: Heard;
  readonly #teller: StateTeller;

  private constructor(options: NodeStatesOptions, heard: Heard, teller: StateTeller) {
    this.#options = options;
    this.#heard = heard;
    this.#teller = teller;
  }

  static async open(options: NodeStatesOptions): Promise<Run> {
    const { eventLog, schemaIds, source, epoch, randomness } = options;
    const writer = { source, epoch, run: randomness.uuid(), schemaId: await schemaIds.idOf('NodeState') };
    const partitions = (await eventLog.bounds(stateTopic)).length;
    const heard = new Heard(writer, partitions * (factTopics.length + 1));
    return new Run(options, heard, new StateTeller(options, writer, heard));
  }

  /** When the oldest record came that is not in the states yet: ms, the log's clock. Infinity: there is none. */
  get dueSince(): number {
    return Math.min(this.#teller.underWaySince, this.#heard.dueSince);
  }

  /** Until the duty is lost, everything is to be looked at anew, or the end. Rejects when the log or the journal is away. */
  async untilOver(getsAlong: () => void): Promise<void> {
    const { eventLog, signal } = this.#options;
    const over = new AbortController();
    const end = (): void => {
      over.abort();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const subscription = eventLog.follow({
      topics: [...factTopics, stateTopic],
      maxBatchRecords: batchRecords,
      startAt: (assigned) =>
        new Promise((resolve) => {
          resolve(this.#heard.begin(assigned));
        }),
      onBatch: (batch) => {
        this.#heard.take(batch);
        return Promise.resolve();
      },
    });
    const reading = subscription.ended.finally(end);
    const telling = this.#tell(over.signal, getsAlong).finally(() => subscription.stop());
    const ends = await Promise.allSettled([reading, telling]);
    signal.removeEventListener('abort', end);
    for (const ended of ends) if (ended.status === 'rejected') throw ended.reason;
  }

  async #tell(over: AbortSignal, getsAlong: () => void): Promise<void> {
    const { clock, duty, gatherMs, workload } = this.#options;
    const goesOn = (): boolean => !over.aborted && duty.holds();
    await workload.whileIdle(() => this.#heard.untilCaughtUp(over));
    let lookAtAllAt = clock.now();
    while (goesOn()) {
      if (clock.now() >= lookAtAllAt) {
        lookAtAllAt = clock.now() + lookAtAllEveryMs;
        await this.#teller.tellAll(goesOn);
      }
      getsAlong();
      await workload.whileIdle(() => this.#heard.untilDue(over));
      // In real time: a clock that jumps has nothing to jump to for this.
      await workload.whileIdle(() => clock.waitUntil(clock.now() + gatherMs, over, 'trouble'));
      if (goesOn()) await this.#teller.tellDue();
    }
  }
}
