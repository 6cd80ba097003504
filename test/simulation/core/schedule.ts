import { createMemoryJournal, createMemoryStore } from '../../../adapters/memory/journal.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { Deciding, OutboxEntry, QueuedCommand } from '../../../adapters/ports/journal.js';
import { commandCatalog, type CommandResult } from '../../../domain/command.js';
import type { DecidedReport } from '../../../domain/decision.js';
import type { CauseId, ClusterName, NodeKey, NodeName, ReportId } from '../../../domain/identifiers.js';
import { namesOf, nodeKey } from '../../../domain/identifiers.js';
import type { Report } from '../../../domain/report.js';
import type { Input, Signal } from '../../../domain/signal.js';
import { decodeEvent } from '../../../schemas/codec.js';
import { eventToDecided } from '../../../schemas/events/reports-decided.js';
import { eventToSignal } from '../../../schemas/events/signal.js';
import { decidingBy } from '../../../services/maintenance/decide/decide.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { chanceFrom, type Seeded } from '../../../simulation/scheduler/seeded.js';
import { Fleet } from './fleet.js';
import { policyOf } from './policy.js';
import { ManualClock } from './manual-clock.js';

const start = Date.UTC(2026, 0, 1);
const logId = 'simulated-log';
const group = 'maintenance';
const leaseMs = 60_000;
const nodes = ['n1', 'n2', 'n3'].map((name) => nodeKey('a' as ClusterName, name as NodeName));
const copies = ['left', 'right'] as const;
const topics = ['fault.reports', 'maintenance.signals'] as const;
type Topic = (typeof topics)[number];

/** Everything that ever happens to three nodes in one seeded order of steps. */
export class Schedule {
  readonly fleet = new Fleet(nodes);
  readonly clock = new ManualClock(start);
  readonly acknowledged = new Set<ReportId>();
  readonly fates = new Map<ReportId, DecidedReport>();
  readonly random: Seeded;
  readonly journal: OpenJournal;
  private readonly rules;
  private readonly logs: Record<Topic, Input[]> = { 'fault.reports': [], 'maintenance.signals': [] };
  /** Where each copy believes to be: behind the fence after a crash or as a zombie. */
  private readonly cursors = new Map<string, number>();
  private sequence = 0;
  private troubled = true;

  constructor(seed: number) {
    this.random = chanceFrom(seed);
    this.rules = { policy: policyOf(this.random.next() < 0.5 ? 'delete' : 'person'), epoch: 1 };
    const options = {
      clock: this.clock,
      randomness: this.random,
      writer: createOutboxWriter({ source: '/faultline/simulated/maintenance', epoch: 1 }),
      partitionCount: 1,
      outboxPartitions: 1,
      verify: true,
    };
    this.journal = createMemoryJournal(options, createMemoryStore(options));
  }

  /** Trouble for a while, then everything works and all that is open has to come to its end. */
  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) await this.step();
    this.troubled = false;
    for (let turn = 0; turn < 2_000 && !(await this.isQuiet()); turn += 1) await this.settle();
  }

  private happens(chance: number): boolean {
    return this.troubled && this.random.next() < chance;
  }

  private async step(): Promise<void> {
    const choice = this.random.next();
    if (choice < 0.08) this.report();
    else if (choice < 0.1) this.disturb();
    else if (choice < 0.12) await this.retry();
    else if (choice < 0.45) await this.consume();
    else if (choice < 0.65) await this.relay();
    else if (choice < 0.85) await this.execute();
    else if (choice < 0.95) await this.fire();
    else this.clock.moveTo(this.clock.now() + this.random.next() * 120_000);
  }

  private async settle(): Promise<void> {
    await this.consume();
    await this.relay();
    await this.execute();
    await this.fire();
    await this.order();
    await this.retry();
    if (!this.hasRead() || (await this.journal.outbox.backlog()) > 0) return;
    const due = await this.journal.timers.nextDue(0);
    const claimable = await this.journal.commands.nextDue(0);
    const next = Math.min(due ?? Infinity, claimable ?? Infinity);
    if (next < Infinity) this.clock.moveTo(next);
  }

  /** People answer in the end: retry twice, then take the node over. */
  private async order(): Promise<void> {
    const { rows } = await this.journal.history.processes({ active: true, limit: 100 });
    for (const { processId, node, stage } of rows) {
      if (stage === 'repairing')
        this.send(node, { kind: 'Order', order: this.orderOf('repaired', processId) });
      if (stage === 'waitingForPerson')
        this.send(node, { kind: 'Order', order: this.orderOf('abort', processId) });
    }
  }

  private orderOf(
    kind: 'repaired' | 'abort',
    processId: Extract<Signal, { kind: 'Order' }>['order']['processId'],
  ) {
    return { kind, processId, subject: 'anna', reason: 'simulated' };
  }

  private append(topic: Topic, input: Input): void {
    this.logs[topic].push(input);
    if (this.happens(0.1)) this.logs[topic].push(input);
  }

  private send(node: NodeKey, signal: Signal): void {
    const causeId = this.random.uuid() as CauseId;
    this.append('maintenance.signals', { kind: 'signal', causeId, node, at: this.clock.now(), signal });
  }

  private report(): void {
    const node = this.random.pick(nodes);
    const type = this.random.pick(['KernelDeadlock', 'DiskFailure', 'KubeletUnhealthy', 'Nonsense']);
    const status = this.random.next() < 0.75 ? 'firing' : 'cleared';
    const observation = this.fleet.observe(node);
    this.sequence += 1;
    if (type === 'KernelDeadlock') this.fleet.of(node).sick = status === 'firing';
    const report: Report = {
      id: this.random.uuid() as ReportId,
      ...namesOf(node),
      type,
      status,
      source: this.random.pick(['npd', 'agent']),
      sequence: this.sequence,
      ...(observation.bootId === undefined ? {} : { bootId: observation.bootId }),
    };
    this.acknowledged.add(report.id);
    const causeId = report.id as string as CauseId;
    const late = this.happens(0.2) ? { late: true as const } : {};
    this.append('fault.reports', { kind: 'report', causeId, node, at: this.clock.now(), report, ...late });
  }

  /** Others act: a node is recreated under its name, reboots by itself, or is deleted and comes back. */
  private disturb(): void {
    const node = this.random.pick(nodes);
    const machine = this.fleet.of(node);
    const kind = this.random.pick(['recreated', 'rebooted', 'deleted'] as const);
    if (kind === 'rebooted' && machine.power === 'On') machine.boot += 1;
    if (kind === 'recreated') this.fleet.recreate(node);
    if (kind === 'deleted') {
      this.fleet.recreate(node);
      machine.exists = false;
      this.send(node, { kind: 'NodeChanged', change: { change: 'deleted' } });
      machine.exists = true;
    }
    const { nodeUid, bootId } = this.fleet.observe(node);
    const change = kind === 'rebooted' ? ('rebooted' as const) : ('appeared' as const);
    this.send(node, {
      kind: 'NodeChanged',
      change: { change, nodeUid: nodeUid, ...(bootId === undefined ? {} : { bootId }) },
    });
  }

  private async consume(): Promise<void> {
    for (const topic of this.troubled ? [this.random.pick(topics)] : topics) {
      const copy = this.random.pick(copies);
      const cursor = `${copy}/${topic}`;
      const from = this.cursors.get(cursor) ?? 0;
      const length = 1 + Math.floor(this.random.next() * 8);
      const inputs = this.logs[topic].slice(from, from + length);
      if (inputs.length === 0) continue;
      await this.journal.journal.advance({
        group,
        topic,
        partition: 0,
        logId,
        inputs: inputs.map((input, index) => ({ offset: BigInt(from + index), input })),
        deadLetters: [],
        nextOffset: BigInt(from + inputs.length),
        appendedAt: inputs.at(-1)?.at ?? 0,
        deadLetter: () => {
          throw new Error('in memory everything can be stored');
        },
        ...this.deciding(),
      });
      // A crash after the commit: this copy reads the same records again.
      if (!this.happens(0.15)) this.cursors.set(cursor, from + inputs.length);
    }
  }

  /** As in the product, but for a while some inputs can't be decided: their nodes are parked. */
  private deciding(): Deciding {
    const deciding = decidingBy(this.rules);
    return {
      ...deciding,
      decide: (state, input) => {
        if (this.happens(0.02)) throw new Error('simulated: this copy trips over its input');
        return deciding.decide(state, input);
      },
    };
  }

  /** What upkeep does, sooner or later. */
  private async retry(): Promise<void> {
    for (const { node } of await this.journal.history.parked({ limit: 10 }))
      this.send(node, { kind: 'RetryParked', reason: 'simulated' });
  }

  private async relay(): Promise<void> {
    const entries = await this.journal.outbox.unsent([0], 10);
    for (const entry of entries) this.publish(entry);
    // A crash between acknowledgement and mark: everything is sent again.
    if (!this.happens(0.15)) await this.journal.outbox.markSent(entries, this.clock.now());
  }

  private publish(entry: OutboxEntry): void {
    if (entry.body === undefined) return;
    if (entry.event === 'ReportsDecided') {
      for (const decided of eventToDecided(decodeEvent('ReportsDecided', entry.body))) this.noteFate(decided);
    } else if (entry.event === 'Signal') {
      const { node, signal } = eventToSignal(decodeEvent('Signal', entry.body));
      const causeId = entry.headers['ce_id'] as CauseId;
      this.append('maintenance.signals', { kind: 'signal', causeId, node, at: this.clock.now(), signal });
    }
  }

  private noteFate(decided: DecidedReport): void {
    const known = this.fates.get(decided.reportId);
    if (known !== undefined && known.fate !== decided.fate) {
      throw new Error(`report ${decided.reportId} has two fates: ${known.fate} and ${decided.fate}`);
    }
    this.fates.set(decided.reportId, decided);
  }

  private async execute(): Promise<void> {
    const queue = this.journal.commands;
    const now = this.clock.now();
    const claimable = await queue.claimable(now, 10);
    if (claimable.length === 0) return;
    const queued = this.random.pick(claimable);
    const answer = await queue.claim(queued.command.id, {
      by: this.random.pick(copies),
      now,
      leaseMs,
      budgets: [],
    });
    if (answer.kind !== 'claimed' || this.happens(0.1)) return;
    const result = this.attempt(queued);
    if (this.happens(0.1)) return;
    await queue.settle(result, now);
    if (this.happens(0.1)) await queue.settle(result, now);
  }

  private attempt({ command, unfinishedAttempt }: QueuedCommand): CommandResult {
    const { id: commandId, type: commandType, processId, stageEntry } = command;
    const about = { commandId, commandType, processId, stageEntry };
    if (unfinishedAttempt && !commandCatalog[command.type].repeatable) {
      return { ...about, status: this.fleet.lookBack(command), detail: {} };
    }
    if (this.happens(0.05)) return { ...about, status: 'failed', detail: { reason: 'simulated' } };
    return { ...about, ...this.fleet.carryOut(command) };
  }

  private async fire(): Promise<void> {
    await this.journal.timers.fireDue(this.clock.now(), 5);
  }

  private hasRead(): boolean {
    return topics.every((topic) =>
      copies.some((copy) => (this.cursors.get(`${copy}/${topic}`) ?? 0) >= this.logs[topic].length),
    );
  }

  private async isQuiet(): Promise<boolean> {
    const read = topics.every((topic) =>
      copies.some((copy) => (this.cursors.get(`${copy}/${topic}`) ?? 0) >= this.logs[topic].length),
    );
    const { rows } = await this.journal.history.processes({ active: true, limit: 1 });
    const parked = await this.journal.history.parked({ limit: 1 });
    return read && rows.length === 0 && parked.length === 0 && (await this.journal.outbox.backlog()) === 0;
  }
}
