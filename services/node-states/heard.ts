import {
  placeName,
  type AssignedPartition,
  type Batch,
  type LogRecord,
} from '../../adapters/ports/event-log.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { factTopics, stateTopic } from '../../schemas/catalog.js';
import { replayHeader } from '../../schemas/cloud-events.js';
import { writerHeader, type Coverage } from '../../schemas/state-coverage.js';
import type { StateWriter } from './state-record.js';

/** A node whose present state is to be told. */
export interface DueNode {
  /** That of its key, in every topic. */
  readonly partition: number;
  /** When the oldest record came that asks for it: ms, the log's clock. Infinity: none does. */
  readonly since: number;
  /** Also when it was told already: for what the record says beside the state. */
  readonly again?: true;
  /** What another run has told since, maybe behind what this one did: it is to be told if it is above. */
  readonly other?: string;
}

/** How far the topics were read, at one moment. */
export class Reached {
  readonly #positions: ReadonlyMap<string, bigint>;

  constructor(positions: ReadonlyMap<string, bigint>) {
    this.#positions = new Map(positions);
  }

  /** What has been heard in one partition of each topic of facts. */
  in(partition: number): Coverage {
    return new Map(
      factTopics.flatMap((topic) => {
        const position = this.#positions.get(placeName({ topic, partition }));
        return position === undefined ? [] : [[topic, position] as const];
      }),
    );
  }
}

/** A log is not what it was when this run began to read it: everything is to be looked at anew. */
export class LogChanged extends Error {
  override readonly name = 'LogChanged';
}

/** What the topics of facts, and that of states, have told one run; and which nodes are to be told of because of it. */
export class Heard {
  readonly #writer: Pick<StateWriter, 'source' | 'run'>;
  /** Partitions of all topics together. */
  readonly #places: number;
  /** Next offset, by place. */
  readonly #positions = new Map<string, bigint>();
  /** Where the topic of states ended when it was begun, by place. */
  readonly #ends = new Map<string, bigint>();
  /** Sequence of the last state on the topic; empty: another installation's. */
  readonly #told = new Map<NodeKey, string>();
  readonly #lastNode = new Map<number, NodeKey>();
  /** Partitions that have been asked to tell what is in their states. */
  readonly #sealed = new Set<number>();
  #due = new Map<NodeKey, DueNode>();
  #isSwept = false;
  #ring: () => void = () => undefined;

  constructor(writer: Pick<StateWriter, 'source' | 'run'>, places: number) {
    this.#writer = writer;
    this.#places = places;
  }

  /** Where to begin, and after trouble to go on. @throws LogChanged */
  begin({ topic, partition, low, high }: AssignedPartition): bigint {
    const place = placeName({ topic, partition });
    const known = this.#positions.get(place);
    if (known !== undefined) {
      const isGone = known > high || (known < low && topic !== stateTopic);
      if (isGone) throw new LogChanged(`${place} was read up to ${known} and holds ${low} to ${high}`);
      return known;
    }
    // States that follow from facts of before are told by the sweep.
    const start = topic === stateTopic ? low : high;
    this.#positions.set(place, start);
    if (topic === stateTopic) this.#ends.set(place, high);
    this.#ring();
    return start;
  }

  /** In offset order; what comes twice changes nothing. */
  take({ topic, partition, records }: Pick<Batch, 'topic' | 'partition' | 'records'>): void {
    for (const record of records) {
      if (topic === stateTopic) this.#takeState(record);
      else this.#takeFact(record);
    }
    const last = records.at(-1);
    if (last !== undefined) this.#positions.set(placeName({ topic, partition }), last.offset + 1n);
    this.#ring();
  }

  #takeFact({ key, headers, partition, appendedAt }: LogRecord): void {
    const node = key as NodeKey;
    const { ce_sequence: sequence } = headers;
    if (headers[replayHeader] !== undefined || (sequence !== undefined && sequence <= this.toldOf(node)))
      return;
    this.#ask(node, { partition, since: appendedAt });
  }

  #takeState({ key, headers, partition, appendedAt }: LogRecord): void {
    const node = key as NodeKey;
    this.#lastNode.set(partition, node);
    if (headers[writerHeader] !== this.#writer.run) {
      const isOurs = headers['ce_source'] === this.#writer.source;
      const other = isOurs ? (headers['ce_sequence'] ?? '') : '';
      this.#told.set(node, other);
      // By one that may not know yet that it is over: even while all are told it may tell what is no longer so.
      this.#ask(node, { partition, since: appendedAt, other });
    }
    if (this.#isSwept) this.#seal(partition, node);
  }

  #seal(partition: number, node: NodeKey): void {
    if (this.#sealed.has(partition)) return;
    this.#sealed.add(partition);
    this.#ask(node, { partition, since: Infinity, again: true });
  }

  #ask(node: NodeKey, asked: DueNode): void {
    const known = this.#due.get(node);
    const since = Math.min(known?.since ?? Infinity, asked.since);
    this.#due.set(node, { ...known, ...asked, since });
  }

  /** Resolves when all states that the topic held are known, or at abort. */
  async untilCaughtUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#isCaughtUp()) await this.#news(signal);
  }

  #isCaughtUp(): boolean {
    return (
      this.#positions.size === this.#places &&
      [...this.#ends].every(([place, end]) => (this.#positions.get(place) ?? 0n) >= end)
    );
  }

  /** Resolves when a node is due, or at abort. */
  async untilDue(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#due.size === 0) await this.#news(signal);
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#ring = done;
      signal.addEventListener('abort', done);
    });
  }

  /** What is due now, and how far everything was read at this moment. */
  takeDue(): { readonly due: ReadonlyMap<NodeKey, DueNode>; readonly reached: Reached } {
    const due = this.#due;
    this.#due = new Map();
    return { due, reached: new Reached(this.#positions) };
  }

  /** All nodes that the topic tells of. */
  nodes(): readonly NodeKey[] {
    return [...this.#told.keys()];
  }

  /** Sequence of the last state that was told; empty: none, or none of this installation. */
  toldOf(node: NodeKey): string {
    return this.#told.get(node) ?? '';
  }

  knows(node: NodeKey): boolean {
    return this.#told.has(node);
  }

  /** The log has acknowledged it. */
  told(node: NodeKey, sequence: string): void {
    this.#told.set(node, sequence);
  }

  /** The state of every node has been told. From now on each partition shall say once what is in its states. */
  swept(): void {
    this.#isSwept = true;
    for (const [partition, node] of this.#lastNode) this.#seal(partition, node);
    this.#ring();
  }

  /** When the oldest record came whose node is due: ms, the log's clock. Infinity: there is none. */
  get dueSince(): number {
    let oldest = Infinity;
    for (const { since } of this.#due.values()) oldest = Math.min(oldest, since);
    return oldest;
  }
}
