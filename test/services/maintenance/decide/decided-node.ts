import { emptyNodeState, type ActiveProcess, type NodeState } from '../../../../domain/node-state.js';
import type { Command, CommandResultDetail, CommandType, ResultStatus } from '../../../../domain/command.js';
import { parseEventId } from '../../../../domain/event-number.js';
import type { Decision } from '../../../../domain/decision.js';
import type { Fact } from '../../../../domain/fact.js';
import {
  namesOf,
  type BootId,
  type CauseId,
  type NodeKey,
  type NodeUid,
  type ProcessId,
  type ReportId,
} from '../../../../domain/identifiers.js';
import type { Report } from '../../../../domain/report.js';
import type { Input, NodeChange, OrderKind, Signal } from '../../../../domain/signal.js';
import { decideBy } from '../../../../services/maintenance/decide/decide.js';
import type { TimerName } from '../../../../workflows/events.js';
import type { Policy } from '../../../../workflows/policy.js';
import { policyOf } from './small-policy.js';

export const node = 'a/n1' as NodeKey;
export const start = Date.UTC(2026, 0, 1);
export const minute = 60_000;

export const activePolicy = policyOf('person');
export const observePolicy: Policy = {
  ...activePolicy,
  mode: { ...activePolicy.mode, byDefault: 'observe' },
};

/** Active, but for one pool. */
export const poolInObserve: Policy = {
  ...activePolicy,
  mode: { ...activePolicy.mode, byPool: { gpu: 'observe' } },
};

/** Part of a union of inputs without what the node under test fills in itself. */
type Subject = Input extends infer One
  ? One extends Input
    ? Omit<One, 'causeId' | 'node' | 'at'>
    : never
  : never;

/** One node in the hands of `decide`: keeps the state from input to input, and every fact and command. */
export class DecidedNode {
  readonly key: NodeKey;
  state: NodeState;
  policy: Policy;
  readonly facts: Fact[] = [];
  readonly commands: Command[] = [];
  /** Every input with what was decided by it. */
  readonly decided: { readonly input: Input; readonly decision: Decision }[] = [];
  at = start;
  #inputs = 0;

  constructor(policy: Policy = activePolicy, key: NodeKey = node) {
    this.policy = policy;
    this.key = key;
    this.state = emptyNodeState(key);
  }

  decide(subject: Subject): Decision {
    this.#inputs += 1;
    const causeId = `cause-${this.#inputs}` as CauseId;
    const input: Input = { ...subject, causeId, node: this.key, at: this.at };
    const decision = decideBy({ policy: this.policy, epoch: 1 })(this.state, input);
    this.decided.push({ input, decision });
    this.state = decision.state;
    this.facts.push(...decision.facts);
    this.commands.push(...decision.commands);
    return decision;
  }

  wait(milliseconds: number): this {
    this.at += milliseconds;
    return this;
  }

  report(type: string, about: Partial<Report> = {}, late?: true): Decision {
    const id = `r-${this.#inputs + 1}` as ReportId;
    const report: Report = { id, ...namesOf(this.key), type, status: 'firing', source: 'npd', ...about };
    return this.decide({ kind: 'report', report, ...(late === undefined ? {} : { late }) });
  }

  signal(signal: Signal): Decision {
    return this.decide({ kind: 'signal', signal });
  }

  /** The result of the youngest open command of this type, caused by the event that issued it. */
  answer(type: CommandType, status: ResultStatus, detail: CommandResultDetail = {}): Decision {
    const open = this.process.context.open.filter((command) => command.type === type).at(-1);
    const command = this.commands.find(({ id }) => id === open?.id);
    if (command === undefined) throw new Error(`${type} is not open`);
    const { id: commandId, type: commandType, processId, stageEntry } = command;
    const result = { commandId, commandType, processId, stageEntry, status, detail };
    const causedBy = parseEventId(this.key, command.issuedBy ?? '');
    return this.decide({
      kind: 'signal',
      signal: { kind: 'CommandResult', result },
      ...(causedBy === undefined ? {} : { causedBy }),
    });
  }

  /** The executor isolates the node: its uid and boot id are seen. */
  isolate(bootId = 'b1'): Decision {
    return this.answer('isolateNode', 'done', { cordoned: true, observation: this.observation(bootId) });
  }

  observation(bootId = 'b1') {
    return {
      nodeUid: 'u1' as NodeUid,
      bootId: bootId as BootId,
      ready: 'True' as const,
      conditions: { KernelDeadlock: 'False' as const },
      unschedulable: true,
    };
  }

  /** When it is due, if it is not yet. */
  fire(timer: TimerName | 'stage-overdue', stageEntry = this.process.context.stageEntry): Decision {
    this.at = Math.max(this.at, this.process.context.timersDue?.[timer] ?? this.at);
    return this.signal({ kind: 'TimerFired', processId: this.process.id, stageEntry, timer });
  }

  /** Looked at until the deadline, twice since what was long ago, and never seen to be well. */
  overdue(deadline: 'boot-deadline' | 'verify-deadline'): Decision {
    const dueAt = this.process.context.timersDue?.[deadline] ?? this.at;
    for (const beforeMs of [2, 1]) {
      if (!this.process.context.open.some(({ type }) => type === 'observeNode'))
        this.fire(deadline === 'boot-deadline' ? 'boot-check' : 'verify-check');
      this.at = Math.max(this.at, dueAt - beforeMs);
      this.answer('observeNode', 'done', { observation: { ...this.observation(), ready: 'False' } });
    }
    return this.fire(deadline);
  }

  order(kind: OrderKind, processId: ProcessId = this.process.id): Decision {
    return this.signal({ kind: 'Order', order: { kind, processId, subject: 'anna', reason: 'because' } });
  }

  change(change: NodeChange): Decision {
    return this.signal({ kind: 'NodeChanged', change });
  }

  get process(): ActiveProcess {
    const { process } = this.state;
    if (process === undefined) throw new Error('no process runs');
    return process;
  }

  /** What the last process ended as. */
  get outcome(): unknown {
    return this.facts.findLast(({ type }) => type === 'ProcessEnded')?.data['outcome'];
  }

  /** From isolated to the power that was switched on, with nothing to move. */
  reboot(): void {
    this.answer('requestMigration', 'done', { pods: [] });
    this.answer('powerOff', 'done');
    this.answer('powerOn', 'done');
  }

  /** From switched on to verified and given back, on another boot. */
  recover(bootId = 'b2'): void {
    const healthy = { observation: this.observation(bootId) };
    this.fire('boot-check');
    this.answer('observeNode', 'done', healthy);
    this.answer('observeNode', 'done', healthy);
    this.fire('verify-check');
    this.answer('observeNode', 'done', healthy);
    this.answer('giveBack', 'done');
  }
}

/** What followed, in order: all of it. */
export function told(decision: Decision): { facts: readonly string[]; commands: readonly string[] } {
  return {
    facts: decision.facts.map(({ type }) => type),
    commands: decision.commands.map(({ type }) => type),
  };
}
