import type { CommandResult } from '../../../domain/command.js';
import type { BootId, NodeUid, ProcessId } from '../../../domain/identifiers.js';
import type { ActiveProcess, NodeState, ProcessContext } from '../../../domain/node-state.js';
import type { LostRecords, MigrationReply, NodeChange, Order, Signal } from '../../../domain/signal.js';
import type { TimerName, WorkflowEvent } from '../../../workflows/events.js';
import { isStage, takesOrder } from '../../../workflows/orders.js';
import { dismissed } from '../../../workflows/stages/settle.js';
import { believedAgain } from './believed-again.js';
import { isNewBoot, withBoot } from './boots.js';
import { decideOrphan } from './decide-orphan.js';
import { takeUpWithheld } from './withheld.js';
import { record, type Draft } from './draft.js';
import { closeFault, hasOutlived, openFaults } from './faults.js';
import { strongerFault } from './ladder.js';
import { tellProcess } from './process.js';
import { withoutOutdated, withRemembered } from './remembered.js';
import { isOfSuccessor, lastSighting } from './successor.js';
import { takeUpRemembered } from './take-up-remembered.js';
import { setOnceMoreIfEarly, setTimers, withTimers } from './timers.js';

/** Says that something came too late, so that nothing is dropped silently. */
function ignoreAsStale(draft: Draft, what: string, processId: ProcessId): void {
  record(draft, { type: 'SignalIgnoredAsStale', processId, data: { what } });
}

function decideResult(draft: Draft, result: CommandResult): void {
  const { process } = draft.state;
  const { commandId, commandType, status, detail } = result;
  if (process === undefined || !process.context.open.some((open) => open.id === commandId)) {
    ignoreAsStale(draft, `${commandType} ${commandId} ${status}`, result.processId);
    return;
  }
  const open = process.context.open.filter((command) => command.id !== commandId);
  record(
    draft,
    {
      type: 'CommandSettled',
      processId: process.id,
      data: {
        commandId,
        type: commandType,
        status,
        ...(detail.reason === undefined ? {} : { reason: detail.reason }),
      },
    },
    (state) => ({
      ...learnIdentity(state, detail),
      process: { ...process, context: { ...process.context, open } },
    }),
  );
  const belongsHere = result.stageEntry === process.context.stageEntry || process.stage === 'settling';
  // An answer to a question of an earlier stage only clears the way; it is not an answer to this one.
  if (!belongsHere) return;
  // Conditions may be good of a node whose agent has said, on this boot, that its fault is still there.
  if (isLookAtVerified(process, result) && hasOutlived(draft.state, detail.observation?.bootId))
    tellProcess(draft, { type: 'observeNode.failed', at: draft.at, detail });
  else tellProcess(draft, { type: `${commandType}.${status}`, at: draft.at, detail });
}

/** Whoever dismissed the fault did not believe that agent. */
function isLookAtVerified(
  { stage, context }: ActiveProcess,
  { commandType, status }: CommandResult,
): boolean {
  return (
    stage === 'verifying' &&
    context.cancelReason !== dismissed &&
    commandType === 'observeNode' &&
    status === 'done'
  );
}

/**
 * What an observation told about the node itself: its uid, and which boots are over. Another uid than the known one is
 * for the detector to tell: that is how the process hears that its node came back as another object.
 */
function learnIdentity(state: NodeState, detail: CommandResult['detail']): NodeState {
  const { observation } = detail;
  if (observation === undefined) return state;
  const { nodeUid, bootId, pool } = observation;
  if (state.nodeUid !== undefined && state.nodeUid !== nodeUid) return state;
  return withPool(withBoot({ ...state, nodeUid }, bootId), pool);
}

function withPool({ pool: _before, ...state }: NodeState, pool: string | undefined): NodeState {
  return pool === undefined ? state : { ...state, pool };
}

function decideTimer(draft: Draft, fired: Extract<Signal, { kind: 'TimerFired' }>): void {
  const { process } = draft.state;
  if (process?.id !== fired.processId || process.context.stageEntry !== fired.stageEntry) {
    ignoreAsStale(draft, `timer ${fired.timer}`, fired.processId);
  } else if (setOnceMoreIfEarly(draft, fired)) {
    // It comes again.
  } else if (fired.timer === 'stage-overdue') {
    const { stage, context } = process;
    const due = { 'stage-overdue': draft.at + untilSaidAgain(context, draft.at) };
    record(
      draft,
      { type: 'StageOverdue', processId: process.id, data: { stage, enteredAt: context.enteredAt } },
      (state) => withTimers(state, due),
    );
    setTimers(draft, context, due);
  } else if (fired.timer === 'verify-check' && isLeftToStronger(draft, process)) {
    tellProcess(draft, { type: 'fault.stronger', at: draft.at });
  } else {
    tellProcess(draft, { type: `timer.${fired.timer as TimerName}`, at: draft.at });
  }
}

/** At most so many of the ages apart that a stage may reach. */
const rarest = 24;

/**
 * How long nothing more is said of a stage that is overdue, ms: as long as it has lasted, so that what nobody answers is
 * said more and more seldom, but no more seldom than once in 24 of the ages it may reach.
 */
function untilSaidAgain({ enteredAt, recipe }: ProcessContext, at: number): number {
  const { stageMaximumAgeMs } = recipe;
  return Math.min(Math.max(at - enteredAt, stageMaximumAgeMs), rarest * stageMaximumAgeMs);
}

/**
 * The node looked healthy a while ago, yet a fault that opened past the point of no return, and that this workflow is
 * too weak for, is still not cleared: health alone does not verify it away.
 */
function isLeftToStronger(draft: Draft, process: ActiveProcess): boolean {
  if (process.stage !== 'verifying' || process.context.healthy === 0) return false;
  return strongerFault(draft.rules.policy, draft.state, draft.at) !== undefined;
}

function refusalOf(process: ActiveProcess | undefined, order: Order): string | undefined {
  if (process?.id !== order.processId) return 'the process is over';
  if (!isStage(process.stage) || !takesOrder(process.stage, order.kind))
    return `not possible while ${process.stage}`;
  return undefined;
}

function decideOrder(draft: Draft, order: Order): void {
  const { process } = draft.state;
  // Of a parked node no stage is asked: to retry means to try again what waits for it.
  const retriesParked = draft.state.parked !== undefined && order.kind === 'retry';
  const refusal = retriesParked && process?.id === order.processId ? undefined : refusalOf(process, order);
  const data = { kind: order.kind, subject: order.subject, reason: order.reason };
  if (refusal !== undefined) {
    record(draft, { type: 'OrderRefused', processId: order.processId, data: { ...data, refusal } });
    return;
  }
  const taken = { type: 'OrderTaken' as const, processId: order.processId, data };
  if (retriesParked || process === undefined) {
    record(draft, taken);
    return;
  }
  record(draft, taken, (state) => ({
    ...state,
    process: { ...process, context: believedAgain(process, order.kind) },
  }));
  const notReady = openFaults(draft.state).some(({ stillFiring }) => stillFiring?.condition === 'Ready');
  tellProcess(draft, {
    type: `order.${order.kind}`,
    at: draft.at,
    reason: order.reason,
    ...(notReady ? { notReady } : {}),
  });
}

/** The journal takes up what waits; here only a person's part in it is written down. */
function decideRetry(draft: Draft, retry: Extract<Signal, { kind: 'RetryParked' }>): void {
  const { subject, reason } = retry;
  if (subject === undefined) return;
  const data = { kind: 'retry', subject, reason };
  if (draft.state.parked !== undefined) record(draft, { type: 'OrderTaken', data });
  else record(draft, { type: 'OrderRefused', data: { ...data, refusal: 'the node is not parked' } });
}

/**
 * What was lost may have been about this node: that stands in its history from now on. Results and timers come again
 * by themselves, and the detector says anew what it sees; a process that waits for them needs nothing else.
 */
function decideLoss(draft: Draft, lost: LostRecords): void {
  const { process } = draft.state;
  record(draft, {
    type: 'InputLost',
    ...(process === undefined ? {} : { processId: process.id }),
    data: { ...lost },
  });
}

function decideNodeChange(draft: Draft, change: NodeChange): void {
  if (change.change === 'deleted') decideDeletion(draft);
  else if (change.nodeUid !== undefined && !isThere(draft.state, change.nodeUid))
    decideAppearance(draft, change);
  else if (change.bootId !== undefined && isNewBoot(draft.state, change.bootId))
    decideReboot(draft, change.bootId);
  if (change.change !== 'deleted' && change.pool !== draft.state.pool) {
    const { pool } = change;
    record(draft, { type: 'NodeRelabelled', data: pool === undefined ? {} : { pool } }, (state) =>
      withPool(state, pool),
    );
  }
  if (change.change === 'appeared' || change.change === 'rebooted') takeUpRemembered(draft, change.bootId);
}

/** Of one that is said to be gone an observation may have told the uid before it is heard to be back. */
function isThere({ nodeUid, deleted }: NodeState, seen: NodeUid): boolean {
  return nodeUid === seen && deleted !== true;
}

function decideDeletion(draft: Draft): void {
  if (draft.state.deleted === true) return;
  const before = draft.state;
  record(draft, { type: 'NodeDeleted', data: {} }, ({ nodeUid: _uid, ...state }) => ({
    ...state,
    deleted: true as const,
  }));
  if (draft.state.process !== undefined) tellProcess(draft, { type: 'node.deleted', at: draft.at });
  else
    for (const fault of openFaults(draft.state))
      if (!isOfSuccessor(before, lastSighting(fault)))
        closeFault(draft, fault, 'NodeDeleted', {
          over: (state) => withRemembered(state, fault, draft.at),
        });
}

function decideAppearance(draft: Draft, change: NodeChange): void {
  const { nodeUid, bootId, machineId, pool } = change;
  if (nodeUid === undefined) return;
  const data = { nodeUid, ...(pool === undefined ? {} : { pool }) };
  record(draft, { type: 'NodeAppeared', data }, ({ deleted: _gone, ...state }) =>
    withoutOutdated(withPool(withBoot({ ...state, nodeUid }, bootId), pool), draft.at),
  );
  const expected = draft.state.process?.context.expected.nodeUid;
  if (draft.state.process?.context.isolated === true && expected !== nodeUid) {
    const event: WorkflowEvent = { type: 'node.recreated', at: draft.at, nodeUid };
    tellProcess(draft, machineId === undefined ? event : { ...event, machineId });
  }
}

function decideReboot(draft: Draft, bootId: BootId): void {
  record(draft, { type: 'NodeRebooted', data: { bootId } }, (state) => withBoot(state, bootId));
  tellProcess(draft, { type: 'node.rebooted', at: draft.at, bootId });
}

function decideAnnouncement(draft: Draft, announced: Extract<Signal, { kind: 'MigrationAnnounced' }>): void {
  const { process } = draft.state;
  if (process?.context.stageEntry !== announced.stageEntry || process.id !== announced.processId) {
    ignoreAsStale(draft, `announcement of ${announced.requestId}`, announced.processId);
    return;
  }
  record(draft, {
    type: 'MigrationProgressed',
    processId: process.id,
    data: { requestId: announced.requestId, status: 'announced' },
  });
  tellProcess(draft, { type: 'migration.announced', at: draft.at });
}

/** What a signal changes. One that does not match the present is recorded as stale and changes nothing. */
export function decideSignal(draft: Draft, signal: Signal): void {
  switch (signal.kind) {
    case 'CommandResult':
      decideResult(draft, signal.result);
      break;
    case 'TimerFired':
      decideTimer(draft, signal);
      break;
    case 'Order':
      decideOrder(draft, signal.order);
      break;
    case 'NodeChanged':
      decideNodeChange(draft, signal.change);
      break;
    case 'MigrationAnnounced':
      decideAnnouncement(draft, signal);
      break;
    case 'RetryParked':
      decideRetry(draft, signal);
      break;
    case 'InputLost':
      decideLoss(draft, signal.lost);
      break;
    case 'OrphanFound':
      decideOrphan(draft, signal.orphan);
      break;
    case 'ModeActivated':
      takeUpWithheld(draft);
      break;
  }
}

/** An answer to a migration request; one for another request than the present one is stale. */
export function decideReply(draft: Draft, reply: MigrationReply): void {
  const { process } = draft.state;
  if (process?.context.migrationRequestId !== reply.requestId) {
    ignoreAsStale(draft, `reply ${reply.status} to ${reply.requestId}`, reply.processId);
    return;
  }
  record(draft, {
    type: 'MigrationProgressed',
    processId: process.id,
    data: {
      requestId: reply.requestId,
      status: reply.status,
      by: reply.by,
      pod: { namespace: reply.pod.namespace, name: reply.pod.name, uid: reply.pod.uid },
      ...(reply.reason === undefined ? {} : { reason: reply.reason }),
    },
  });
  tellProcess(draft, { type: 'migration.replied', at: draft.at, reply });
}
