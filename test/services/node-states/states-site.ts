import { randomUUID } from 'node:crypto';
import { MemoryDuty, type DutyHolder } from '../../../adapters/memory/journal/duty.js';
import { MemoryEventLog } from '../../../adapters/memory/event-log.js';
import type { EventLog, LogRecord, NewRecord } from '../../../adapters/ports/event-log.js';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import type { EventNumber } from '../../../domain/event-number.js';
import { nodeKey, type ClusterName, type NodeKey, type NodeName } from '../../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../../domain/node-state.js';
import { summaryOf } from '../../../domain/node-summary.js';
import { factTopics, stateTopic, topicsOf } from '../../../schemas/catalog.js';
import { sequenceText } from '../../../schemas/cloud-events.js';
import { decodeEvent } from '../../../schemas/codec.js';
import { summaryToEvent, type NodeStatePayload } from '../../../schemas/events/node-state.js';
import {
  coverageHeader,
  joinedCoverage,
  parseCoverage,
  type Coverage,
} from '../../../schemas/state-coverage.js';
import { unframe } from '../../../schemas/wire-format.js';
import { runNodeStates } from '../../../services/node-states/run-node-states.js';
import { Workload } from '../../../services/workload.js';
import { silentLog } from '../silent-log.js';
import { FastClock } from '../webhooks/fast-clock.js';

const partitions = 2;

/** What a fact says on a topic. */
export type Said = (node: NodeKey, number: EventNumber) => Pick<NewRecord, 'value' | 'headers'>;

const sayNumber: Said = (_node, number) => ({
  value: Buffer.alloc(0),
  headers: { ce_sequence: sequenceText(number) },
});

/** What becomes of a copy with its next records on the topic of states. */
export type Fate = 'dies before' | 'dies between' | 'dies behind' | 'is held up';

/** What somebody has who has read the topic of states to its end. */
export interface Beginning {
  /** Sequence of the latest state, by node. */
  readonly states: ReadonlyMap<string, string>;
  /** By partition. */
  readonly covered: readonly Coverage[];
}

const never = (): Promise<never> => new Promise<never>(() => undefined);

interface Copy {
  fate: Fate | undefined;
  isDead: boolean;
  release: () => void;
  readonly stop: () => Promise<void>;
}

/** A journal that decides about a few nodes, topics that get to know of it in their own time, and copies that tell of states. */
export class StatesSite {
  readonly clock = new FastClock();
  readonly log: EventLog;
  readonly #say: Said;
  readonly #unpublished = new Map<string, NewRecord[]>(factTopics.map((topic) => [topic, []]));
  readonly #shared: DutyHolder = { holder: undefined };
  readonly #copies: Copy[] = [];
  #states = new Map<NodeKey, NodeState>();
  #backup = new Map<NodeKey, NodeState>();
  readonly #ever = new Map<string, NodeStatePayload>();
  /** By node, below which sequence nothing that was published has happened: the journal lost all that it knew of the node. */
  readonly #undone = new Map<string, string>();
  #epoch = 1;

  private constructor(log: EventLog, say: Said) {
    this.log = log;
    this.#say = say;
  }

  static async open(
    log: EventLog = new MemoryEventLog({ clock: new FastClock(), retryDelayMs: 5 }),
    say: Said = sayNumber,
  ): Promise<StatesSite> {
    await log.ensureTopics(topicsOf(partitions));
    return new StatesSite(log, say);
  }

  static nodeOf(number: number): NodeKey {
    return nodeKey('a' as ClusterName, `s${number}` as NodeName);
  }

  /** One more fact of a node, which is to be published on these topics. */
  decide(node: NodeKey, topics: readonly string[]): void {
    const before = this.#states.get(node) ?? emptyNodeState(node);
    const state = { ...before, version: before.version + 1, now: this.clock.now() };
    this.#states.set(node, state);
    this.#remember(state);
    const said = this.#say(node, { epoch: this.#epoch, version: state.version });
    for (const topic of topics) this.#unpublished.get(topic)?.push({ topic, key: node, ...said });
  }

  #remember(state: NodeState): void {
    const payload = summaryToEvent(summaryOf(state), this.#epoch);
    this.#ever.set(`${state.node}@${payload.sequence}`, payload);
  }

  async publish(topic: string, most: number): Promise<void> {
    const waiting = this.#unpublished.get(topic) ?? [];
    await this.log.append(waiting.splice(0, most));
  }

  backUp(): void {
    this.#backup = new Map(this.#states);
  }

  /** The journal is that of the last backup, in a new epoch; what was not published never is. */
  restore(): void {
    this.killAll();
    this.#epoch += 1;
    for (const node of this.#states.keys())
      if (!this.#backup.has(node)) this.#undone.set(node, sequenceText({ epoch: this.#epoch, version: 0 }));
    this.#states = new Map(this.#backup);
    for (const state of this.#states.values()) this.#remember(state);
    for (const waiting of this.#unpublished.values()) waiting.length = 0;
  }

  start(): void {
    const stopping = new AbortController();
    const copy: Copy = {
      fate: undefined,
      isDead: false,
      release: () => undefined,
      stop: async () => {
        stopping.abort();
        copy.release();
        if (!copy.isDead) await ended;
      },
    };
    const alive = <Answer>(answer: () => Promise<Answer>): Promise<Answer> =>
      copy.isDead ? never() : answer();
    const duty = new MemoryDuty(this.#shared);
    const ended = runNodeStates({
      clock: this.clock,
      randomness: { next: () => 0.5, uuid: () => randomUUID() },
      log: silentLog,
      signal: stopping.signal,
      workload: new Workload(),
      eventLog: {
        bounds: (topic) => this.log.bounds(topic),
        follow: (options) => this.log.follow(options),
        append: (records) => alive(() => this.#append(copy, records)),
      },
      history: {
        states: () => alive(() => Promise.resolve({ rows: [...this.#states.values()] })),
        statesOf: (nodes) =>
          alive(() => Promise.resolve(nodes.flatMap((node) => this.#states.get(node) ?? []))),
      },
      schemaIds: bundledSchemaIds(),
      duty: {
        acquire: () => alive(() => duty.acquire()),
        release: () => duty.release(),
        holds: () => duty.holds(),
      },
      source: '/faultline/t/node-states',
      epoch: this.#epoch,
      gatherMs: 100,
      takeOverMs: 500,
      metrics: { nodeStatesLag: () => undefined, nodeStatesTold: () => undefined },
    });
    this.#copies.push(copy);
  }

  async #append(copy: Copy, records: readonly NewRecord[]): Promise<void> {
    const { fate } = copy;
    copy.fate = undefined;
    if (fate === 'is held up') {
      // Its lock is lost, and it does not know.
      this.#shared.holder = undefined;
      await new Promise<void>((resolve) => {
        copy.release = resolve;
      });
    }
    const seen = fate === 'dies before' ? 0 : fate === 'dies between' ? 1 : records.length;
    // They become visible one after the other, as those of several partitions do.
    for (const record of records.slice(0, seen)) await this.log.append([record]);
    if (fate === undefined || fate === 'is held up') return;
    this.#kill(copy);
    await never();
  }

  /** Decides what becomes of every copy with its next records; another copy is there by then. */
  doom(fate: Fate): void {
    for (const copy of this.#copies) copy.fate = fate;
    this.start();
  }

  /** What was held up goes on. */
  release(): void {
    for (const copy of this.#copies) copy.release();
  }

  killAll(): void {
    for (const copy of this.#copies) this.#kill(copy);
  }

  #kill(copy: Copy): void {
    copy.isDead = true;
    this.#shared.holder = undefined;
  }

  /** Whether the topic of states, compacted, says of each node what the journal says. */
  async isTold(): Promise<boolean> {
    const latest = new Map((await this.records(stateTopic)).map((record) => [record.key, record]));
    return [...this.#states.values()].every(({ node, version }) => {
      const { ce_sequence: told } = latest.get(node)?.headers ?? {};
      return told === sequenceText({ epoch: this.#epoch, version });
    });
  }

  async records(topic: string): Promise<readonly LogRecord[]> {
    const found: LogRecord[] = [];
    for (const { partition, low, high } of await this.log.bounds(topic))
      for await (const record of this.log.read(topic, partition, low, high)) found.push(record);
    return found;
  }

  /** Reads the topic of states as it is now. */
  async begin(): Promise<Beginning> {
    const states = new Map<string, string>();
    const covered: Coverage[] = Array.from({ length: partitions }, () => new Map<string, bigint>());
    for (const { key = '', partition, headers } of await this.records(stateTopic)) {
      const sequence = headers['ce_sequence'] ?? '';
      if (sequence > (states.get(key) ?? '')) states.set(key, sequence);
      covered[partition] = joinedCoverage(
        covered[partition] ?? new Map(),
        parseCoverage(headers[coverageHeader]),
      );
    }
    return { states, covered };
  }

  /** Records that are new to who begins so, and that he does not read all the same. */
  async missedBy({ states, covered }: Beginning): Promise<readonly string[]> {
    const records = await Promise.all(factTopics.map((topic) => this.records(topic)));
    return records.flat().flatMap(({ topic, partition, offset, key = '', headers }) => {
      const { ce_sequence: sequence = '' } = headers;
      const isNew = sequence > (states.get(key) ?? '') && sequence > (this.#undone.get(key) ?? '');
      const isRead = offset >= (covered[partition]?.get(topic) ?? 0n);
      return isNew && !isRead ? [`${topic}/${partition}/${offset} ${key}`] : [];
    });
  }

  /** States on the topic that the journal never had. */
  async inventions(): Promise<readonly unknown[]> {
    return (await this.records(stateTopic)).flatMap(({ key = '', headers, value = Buffer.alloc(0) }) => {
      const payload = decodeEvent('NodeState', unframe(value)?.body ?? Buffer.alloc(0));
      const real = this.#ever.get(`${key}@${headers['ce_sequence'] ?? ''}`);
      const isUnknown = payload.health === 'UNKNOWN' && payload.factVersion === 0;
      return isUnknown || JSON.stringify(payload) === JSON.stringify(real) ? [] : [payload];
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#copies.map((copy) => copy.stop()));
    await this.log.close();
  }
}
