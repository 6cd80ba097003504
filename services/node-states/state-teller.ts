import type { Clock } from '../../adapters/ports/clock.js';
import type { EventLog, NewRecord } from '../../adapters/ports/event-log.js';
import type { History } from '../../adapters/ports/journal.js';
import type { NodeStateMetrics } from '../../adapters/ports/metrics.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { NodeState } from '../../domain/node-state.js';
import { summaryOf } from '../../domain/node-summary.js';
import { sequenceText } from '../../schemas/cloud-events.js';
import {
  summaryToEvent,
  unknownNodeToEvent,
  type NodeStatePayload,
} from '../../schemas/events/node-state.js';
import { everyState } from '../every-state.js';
import type { DueNode, Heard, Reached } from './heard.js';
import { stateRecord, type StateWriter } from './state-record.js';

const recordsAtOnce = 500;

/** What the topic is to hold of a node. */
interface Told {
  readonly node: NodeKey;
  readonly sequence: string;
  readonly record: NewRecord;
}

export interface TellingOptions {
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly history: Pick<History, 'states' | 'statesOf'>;
  readonly clock: Clock;
  readonly metrics: Pick<NodeStateMetrics, 'nodeStatesTold'>;
}

/** Reads states in the journal and tells of those that the topic does not have. */
export class StateTeller {
  readonly #options: TellingOptions;
  readonly #writer: StateWriter;
  readonly #heard: Heard;
  /** What had been read when the last telling that is whole began. Undefined: none is. */
  #covered: Reached | undefined;
  #underWaySince = Infinity;

  constructor(options: TellingOptions, writer: StateWriter, heard: Heard) {
    this.#options = options;
    this.#writer = writer;
    this.#heard = heard;
  }

  /** When the oldest record came that is being told of: ms, the log's clock. Infinity: there is none. */
  get underWaySince(): number {
    return this.#underWaySince;
  }

  /** Tells of every node whose state the topic does not have. Rejects with LogUnavailable or JournalUnavailable. */
  async tellAll(goesOn: () => boolean): Promise<void> {
    const { history } = this.#options;
    const { due, reached } = this.#heard.takeDue();
    const unknown = new Set(this.#heard.nodes());
    let told: Told[] = [];
    const add = async (one: Told | undefined): Promise<void> => {
      if (one !== undefined) told.push(one);
      if (told.length < recordsAtOnce) return;
      await this.#append(told);
      told = [];
    };
    for await (const state of everyState(history)) {
      if (!goesOn()) return;
      unknown.delete(state.node);
      await add(this.#newsOf(state, due.get(state.node)));
    }
    for (const node of unknown) await add(this.#newsOfUnknown(node, due.get(node)));
    await this.#append(told);
    this.#covered = reached;
    this.#heard.swept();
  }

  /** Tells of the nodes that are due. Rejects with LogUnavailable or JournalUnavailable. */
  async tellDue(): Promise<void> {
    this.#underWaySince = this.#heard.dueSince;
    const { due, reached } = this.#heard.takeDue();
    const states = await this.#options.history.statesOf([...due.keys()]);
    const unknown = new Map(due);
    for (const { node } of states) unknown.delete(node);
    await this.#append([
      ...states.flatMap((state) => this.#newsOf(state, due.get(state.node)) ?? []),
      ...[...unknown].flatMap(([node, asked]) => this.#newsOfUnknown(node, asked) ?? []),
    ]);
    // Not before: what is told at once is in the states when all of it is acknowledged.
    this.#covered = reached;
    this.#underWaySince = Infinity;
  }

  /** Undefined: the topic has it, or what a later epoch of the journal told. */
  #newsOf(state: NodeState, due?: DueNode): Told | undefined {
    const { node, version } = state;
    const sequence = sequenceText({ epoch: this.#writer.epoch, version });
    if (!this.#isNews(node, sequence, due)) return undefined;
    const payload = summaryToEvent(summaryOf(state), this.#writer.epoch);
    return { node, sequence, record: this.#recordOf(node, payload, due) };
  }

  /** What the topic tells of a node that the journal does not know is another journal's, or an earlier epoch's. */
  #newsOfUnknown(node: NodeKey, due?: DueNode): Told | undefined {
    const { epoch } = this.#writer;
    const sequence = sequenceText({ epoch, version: 0 });
    if (!this.#heard.knows(node) || !this.#isNews(node, sequence, due)) return undefined;
    const payload = unknownNodeToEvent(node, { epoch, at: this.#options.clock.now() });
    return { node, sequence, record: this.#recordOf(node, payload, due) };
  }

  #isNews(node: NodeKey, sequence: string, due: DueNode | undefined): boolean {
    const told = this.#heard.toldOf(node);
    const isAgain = due?.again === true || (due?.other !== undefined && sequence > due.other);
    return sequence > told || (sequence === told && isAgain);
  }

  #recordOf(node: NodeKey, payload: NodeStatePayload, due: DueNode | undefined): NewRecord {
    const covered = due === undefined ? undefined : this.#covered?.in(due.partition);
    return stateRecord(this.#writer, { node, payload }, covered);
  }

  async #append(told: readonly Told[]): Promise<void> {
    if (told.length === 0) return;
    await this.#options.eventLog.append(told.map(({ record }) => record));
    for (const { node, sequence } of told) this.#heard.told(node, sequence);
    this.#options.metrics.nodeStatesTold(told.length);
  }
}
