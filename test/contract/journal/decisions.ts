import type { Command, CommandResult, CommandType } from '../../../domain/command.js';
import type { Decide, Decision, TimerRequest } from '../../../domain/decision.js';
import type { Fact, FactType } from '../../../domain/fact.js';
import type {
  BootId,
  CauseId,
  CommandId,
  NodeKey,
  ProcessId,
  ReportId,
} from '../../../domain/identifiers.js';
import { namesOf } from '../../../domain/identifiers.js';
import { applyMergePatch, mergeDifference, type JsonObject } from '../../../domain/json.js';
import type { ActiveProcess, NodeState, Recipe } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import type { AdvanceRequest, BudgetClaim } from '../../../adapters/ports/journal.js';

/** Decisions as small as they can be, told by the report's message: the journal must not care what was decided. */

let causes = 0;

export function nodeNamed(name: string): NodeKey {
  return `a/${name}` as NodeKey;
}

export function causeNumber(number: number): CauseId {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}` as CauseId;
}

/** Of one counter, in whose own line its losers wait. */
export function budgetOf(counter: string, cap: number, until: BudgetClaim['until']): BudgetClaim {
  return { counter, line: counter, operation: 'isolate', cap, until };
}

export function report(node: NodeKey, message = 'open', causeId?: CauseId): Input {
  causes += 1;
  const id = causeId ?? causeNumber(causes);
  return {
    causeId: id,
    node,
    at: 1_000_000 + causes,
    kind: 'report',
    report: {
      id: id as string as ReportId,
      cluster: namesOf(node).cluster,
      node: namesOf(node).node,
      type: 'DiskFailure',
      status: 'firing',
      source: 'agent',
      message,
    },
  };
}

/** What is parked is to be tried again. */
export function retry(node: NodeKey): Input {
  causes += 1;
  return {
    causeId: causeNumber(causes),
    node,
    at: 1_000_000 + causes,
    kind: 'signal',
    signal: { kind: 'RetryParked', reason: 'test' },
  };
}

export function processOf(node: NodeKey, number = 1): ProcessId {
  return `p-${node.replace('/', '-')}-${number}` as ProcessId;
}

export function commandOf(
  node: NodeKey,
  number: number,
  type: CommandType = 'observeNode',
  processId = processOf(node),
): Command {
  return {
    id: `${processId}.1.${number}` as CommandId,
    type,
    parameters: type === 'isolateNode' ? { cordon: true, reason: 'test' } : {},
    node,
    processId,
    stageEntry: 1,
    expected: {},
    mode: 'active',
    faultType: 'DiskFailure',
  } as Command;
}

export function resultOf(command: Command, status: CommandResult['status'] = 'done'): CommandResult {
  return {
    commandId: command.id,
    commandType: command.type,
    processId: command.processId,
    stageEntry: command.stageEntry,
    status,
    detail: {},
  };
}

interface Change {
  readonly type: FactType;
  readonly state?: Partial<NodeState>;
  readonly data?: JsonObject;
  readonly processId?: ProcessId;
}

/** A decision whose facts fold to its state. */
export function decision(
  before: NodeState,
  input: Input,
  changes: readonly Change[],
  rest: Partial<Pick<Decision, 'commands' | 'revoke' | 'timers' | 'report'>> = {},
): Decision {
  let state = before;
  const facts = changes.map(({ type, state: change, data, processId }): Fact => {
    const version = state.version + 1;
    const after = { ...state, ...change, version, now: Math.max(state.now, input.at) };
    const patch = mergeDifference(state, after);
    state = applyMergePatch(state, patch);
    return {
      node: state.node,
      version,
      type,
      at: state.now,
      causeId: input.causeId,
      ...(processId === undefined ? {} : { processId }),
      data: data ?? {},
      patch,
      evolveVersion: 1,
    };
  });
  return {
    state,
    facts,
    causedBy: facts.map(({ causeId }) => causeId),
    commands: [],
    revoke: [],
    timers: [],
    ...rest,
  };
}

export function activeProcess(id: ProcessId, stageEntry = 1, stage = 'isolating'): ActiveProcess {
  const recipe: Recipe = {
    cordon: true,
    component: 'kubelet',
    image: 'os-7',
    evacuationDeadlineMs: 1,
    minimumNoticeMs: 1,
    whenOverdue: 'person',
    workloadCheckMs: 1,
    bootDeadlineMs: 1,
    repairDeadlineMs: 1,
    repairCheckMs: 1,
    verifyIntervalMs: 1,
    verifyDeadlineMs: 1,
    healthyObservations: 1,
    stageMaximumAgeMs: 1,
    repairBy: 'ticket',
  };
  return {
    id,
    workflow: 'reboot',
    workflowVersion: '1',
    stage,
    startedAt: 1_000_000,
    faults: [],
    rung: 0,
    context: {
      processId: id,
      faultType: 'DiskFailure',
      stageEntry,
      enteredAt: 1_000_000,
      mode: 'active',
      recipe,
      expected: {},
      isolated: false,
      pods: [],
      open: [],
      healthy: 0,
    },
  };
}

export function timerOf(node: NodeKey, name: string, dueAt: number, stageEntry = 1): TimerRequest {
  return { node, processId: processOf(node), stageEntry, name, dueAt };
}

/** Opens the node with one fact, its boot id being the report's message. */
export const noteMessage: Decide = (state, input) => {
  const message = input.kind === 'report' ? (input.report.message ?? '') : input.kind;
  if (message === 'repeat') return repeated(state, input);
  return decision(state, input, [{ type: 'FaultOpened', state: { bootId: message as BootId } }]);
};

export function repeated(state: NodeState, input: Input): Decision {
  const of = input.kind === 'report' ? input.report : undefined;
  return decision(state, input, [], {
    report: {
      reportId: input.causeId as string as ReportId,
      node: input.node,
      type: of?.type ?? 'none',
      source: of?.source ?? 'none',
      fate: 'repeated',
      at: input.at,
    },
  });
}

export const parkNode: AdvanceRequest['park'] = (state, input, error) =>
  decision(state, input, [
    {
      type: 'NodeParked',
      state: {
        parked: {
          kind: 'failed',
          reason: error.message,
          since: state.parked?.since ?? input.at,
          attempts: (state.parked?.attempts ?? 0) + 1,
          triedAt: input.at,
        },
      },
      data: { reason: error.message },
    },
  ]);

/** Reports of a parked node wait; anything else has taken up what waits. */
export const admit: AdvanceRequest['admit'] = (state, { kind }) => {
  if (state.parked === undefined) return 'decide';
  return kind === 'report' ? 'wait' : 'decide-then-take-up';
};

export const unparkNode: AdvanceRequest['unpark'] = (state, input) => {
  const made = decision(state, input, [{ type: 'NodeUnparked' }]);
  const { parked: _over, ...after } = made.state;
  const [fact] = made.facts;
  if (fact === undefined) return made;
  return { ...made, state: after, facts: [{ ...fact, patch: mergeDifference(state, after) }] };
};

/** Starts a process with the given commands and timers. */
export function starting(
  commands: readonly Command[],
  timers: readonly TimerRequest[] = [],
  number = 1,
): Decide {
  return (state, input) => {
    const id = processOf(state.node, number);
    return decision(
      state,
      input,
      [{ type: 'ProcessStarted', state: { process: activeProcess(id) }, processId: id }],
      {
        commands: commands.filter(({ node }) => node === state.node),
        timers: timers.filter(({ node }) => node === state.node),
      },
    );
  };
}

/** Ends the process that is active. */
export const ending: Decide = (state, input) => {
  const { process, ...over } = state;
  const ended = decision(state, input, [
    {
      type: 'ProcessEnded',
      data: { outcome: 'Recovered', reason: 'Verified' },
      ...(process === undefined ? {} : { processId: process.id }),
    },
  ]);
  const [fact] = ended.facts;
  if (fact === undefined) return ended;
  const after: NodeState = { ...over, version: fact.version, now: ended.state.now };
  return { ...ended, state: after, facts: [{ ...fact, patch: mergeDifference(state, after) }] };
};

let offsets = 0n;

/** A batch of these inputs on reports/0, behind all batches made before. */
export function batch(inputs: readonly Input[], more: Partial<AdvanceRequest> = {}): AdvanceRequest {
  const first = offsets;
  offsets += BigInt(Math.max(inputs.length, 1));
  return {
    group: 'maintenance',
    topic: 'fault.reports',
    partition: 0,
    logId: 'log-1',
    inputs: inputs.map((input, index) => ({ offset: first + BigInt(index), input })),
    deadLetters: [],
    nextOffset: offsets,
    appendedAt: inputs.at(-1)?.at ?? 0,
    decide: noteMessage,
    admit,
    park: parkNode,
    unpark: unparkNode,
    deadLetter: (offset, reason) => ({
      topic: 'fault.reports.dlt',
      key: 'dead',
      body: Buffer.from(String(offset)),
      headers: { dlt_reason: reason },
    }),
    ...more,
  };
}
