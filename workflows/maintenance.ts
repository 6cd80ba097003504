import { assign, setup } from 'xstate';

import {
  cordonKept,
  type CommandParameters,
  type CommandResultDetail,
  type NodeObservation,
} from '../domain/command.js';
import type { MigratingPod, ProcessContext } from '../domain/node-state.js';
import type { TimerName, WorkflowEvent } from './events.js';

/** An effect: its meaning is its name and parameters, which `decide` reads; the machine itself does nothing. */
type Declared<Parameters> = (_: unknown, parameters: Parameters) => void;

const declared: Declared<never> = () => undefined;

function detailOf(event: WorkflowEvent): CommandResultDetail {
  return 'detail' in event ? event.detail : {};
}

function observationOf(event: WorkflowEvent): NodeObservation | undefined {
  return detailOf(event).observation;
}

/**
 * Ready, and every condition it reports is explicitly good. A condition that is absent says nothing either way.
 * @param distrusted a condition that a person said is not true
 */
export function isHealthy({ ready, conditions }: NodeObservation, distrusted?: string): boolean {
  return (
    ready === 'True' &&
    Object.entries(conditions).every(([name, status]) => status === 'False' || name === distrusted)
  );
}

function withReply(pods: readonly MigratingPod[], event: WorkflowEvent): readonly MigratingPod[] {
  if (event.type !== 'migration.replied') return pods;
  const { pod, status } = event.reply;
  return pods.map((known) => (known.uid === pod.uid ? { ...known, status } : known));
}

/** Of the pods asked to move, those that an observation still found. */
function stillThere(pods: readonly MigratingPod[], event: WorkflowEvent): readonly MigratingPod[] {
  const found = new Set((detailOf(event).pods ?? []).map((pod) => pod.uid));
  return pods.filter((pod) => found.has(pod.uid));
}

/** How often a stage looks, ms. */
interface LookInterval {
  readonly everyMs: number;
}

/** After so many looks that did not come in time, nothing is known of the present. */
const missedLooks = 3;

/**
 * A look goes by way of timers, log, executor and log again, which takes seconds where all is busy: however often it is
 * looked, no less than this is a silence. With three looks of a second each no deadline counted on a busy machine.
 */
const shortestSilenceMs = 10_000;

/** Whether the latest look of this stage (or its beginning) is so long ago that looking must have been held up. */
function isLongAgo(context: ProcessContext, { at }: WorkflowEvent, { everyMs }: LookInterval): boolean {
  const unseenMs = Math.max(missedLooks * everyMs, shortestSilenceMs);
  return at - Math.max(context.enteredAt, context.lookedAt ?? 0) > unseenMs;
}

function bootedAnew(context: ProcessContext, observation: NodeObservation | undefined): boolean {
  return (
    observation !== undefined &&
    observation.ready === 'True' &&
    observation.bootId !== undefined &&
    observation.bootId !== context.bootBefore
  );
}

/**
 * What all workflows share: vocabulary of effects, bookkeeping and questions. A command that is not declared here does
 * not compile; a target that does not exist throws when the machine is loaded.
 */
export const maintenance = setup({
  types: {
    context: {} as ProcessContext,
    events: {} as WorkflowEvent,
    input: {} as ProcessContext,
  },
  actions: {
    observeNode: declared as Declared<CommandParameters['observeNode']>,
    observeWorkload: declared as Declared<CommandParameters['observeWorkload']>,
    isolateNode: declared as Declared<CommandParameters['isolateNode']>,
    requestMigration: declared as Declared<CommandParameters['requestMigration']>,
    deleteWorkload: declared as Declared<CommandParameters['deleteWorkload']>,
    restartComponent: declared as Declared<CommandParameters['restartComponent']>,
    powerOff: declared as Declared<CommandParameters['powerOff']>,
    fenceWorkload: declared as Declared<CommandParameters['fenceWorkload']>,
    unfenceWorkload: declared as Declared<CommandParameters['unfenceWorkload']>,
    powerOn: declared as Declared<CommandParameters['powerOn']>,
    reimage: declared as Declared<CommandParameters['reimage']>,
    openTicket: declared as Declared<CommandParameters['openTicket']>,
    checkTicket: declared as Declared<CommandParameters['checkTicket']>,
    giveBack: declared as Declared<CommandParameters['giveBack']>,
    reclaimNode: declared as Declared<CommandParameters['reclaimNode']>,
    handOver: declared as Declared<CommandParameters['handOver']>,

    startTimer: declared as Declared<{ readonly name: TimerName; readonly afterMs: number }>,
    /** Publish what is asked to move; notice and deadline begin when the log has acknowledged it. */
    announceMigration: declared as Declared<undefined>,
    /** Take back what nobody has begun with; each command still answers. */
    revokeOpenCommands: declared as Declared<undefined>,
    askPerson: declared as Declared<undefined>,
    /** Go on with the next workflow of the ladder, or hear `ladder.exhausted`. */
    climbLadder: declared as Declared<undefined>,
    /** Go on with the workflow that the stronger fault asks for. */
    replaceWorkflow: declared as Declared<undefined>,

    enterStage: assign(({ context, event }) => ({
      stageEntry: context.stageEntry + 1,
      enteredAt: 'at' in event ? event.at : context.enteredAt,
      lookedAt: undefined,
      lookHeldUp: undefined,
    })),
    noteLook: assign(({ context, event }, every: LookInterval) => ({
      lookedAt: event.at,
      // Of two in a row that took long the second was made after the first.
      lookHeldUp: context.lookHeldUp === undefined && isLongAgo(context, event, every) ? true : undefined,
    })),
    noteIsolation: assign(({ event }) => {
      const observation = observationOf(event);
      // Only what was surely done has made a lost process's isolation our own.
      const adopted = event.type === 'isolateNode.done' ? { reclaims: undefined } : {};
      if (observation === undefined) return { isolated: true, ...adopted };
      const { nodeUid, bootId, machineId } = observation;
      return {
        isolated: true,
        ...adopted,
        expected: {
          nodeUid,
          ...(bootId === undefined ? {} : { bootId }),
          ...(machineId === undefined ? {} : { machineId }),
        },
        ...(bootId === undefined ? {} : { bootBefore: bootId }),
        ...(observation.ready === 'Unknown' ? { unreachable: true as const } : { unreachable: undefined }),
      };
    }),
    suspectIsolation: assign(() => ({ isolated: true })),
    noteSilence: assign(() => ({ unreachable: true as const })),
    notePods: assign(({ event }) => ({
      pods: (detailOf(event).pods ?? []).map((pod) => ({ ...pod, status: 'requested' as const })),
    })),
    noteReply: assign(({ context, event }) => ({ pods: withReply(context.pods, event) })),
    noteStillThere: assign(({ context, event }) => ({ pods: stillThere(context.pods, event) })),
    notePowerOff: assign(() => ({ poweredOff: true as const })),
    /** Our own command makes the boot id change: from here on any new one is the expected one. */
    expectNewBoot: assign(({ context }) => {
      const { bootId: _over, ...expected } = context.expected;
      return { expected, poweredOff: undefined };
    }),
    /** A reimaged machine may register anew: only the machine itself stays the same. */
    expectNewNode: assign(({ context }) => {
      const { machineId } = context.expected;
      return { expected: machineId === undefined ? {} : { machineId }, poweredOff: undefined };
    }),
    adoptIdentity: assign(({ context, event }) => {
      const observation = observationOf(event);
      if (observation === undefined) return {};
      const { nodeUid, bootId } = observation;
      return {
        expected: { ...context.expected, nodeUid, ...(bootId === undefined ? {} : { bootId }) },
        unreachable: undefined,
      };
    }),
    /** The node came back as another object: from here on that one is meant, if it is the same machine. */
    expectRecreated: assign(({ context, event }) => {
      if (event.type !== 'node.recreated') return {};
      const { machineId } = context.expected;
      return { expected: { nodeUid: event.nodeUid, ...(machineId === undefined ? {} : { machineId }) } };
    }),
    noteFence: assign(() => ({ fenced: true as const })),
    noteUnfence: assign(() => ({ fenced: undefined })),
    noteTicket: assign(({ event }) => {
      const { ticket } = detailOf(event);
      return ticket === undefined ? {} : { ticket };
    }),
    noteVerifying: assign(({ context }) => ({ healthy: 0, verifyingSince: context.enteredAt })),
    countHealthy: assign(({ context }) => ({ healthy: context.healthy + 1 })),
    resetHealthy: assign(() => ({ healthy: 0 })),
    settleTo: assign(
      (
        _,
        parameters: { readonly end: NonNullable<ProcessContext['settleTo']>; readonly reason: string },
      ) => ({
        settleTo: parameters.end,
        ...(parameters.end === 'cancel' || parameters.end === 'dismiss'
          ? { cancelReason: parameters.reason }
          : {}),
      }),
    ),
    /** What reported the fault is not believed any more; that a node is Ready is never left out. */
    noteDismissal: assign(({ context, event }) => {
      const { stillFiring } = context;
      return {
        stillFiring: undefined,
        notReady: event.type === 'order.dismiss' ? event.notReady : undefined,
        ...(stillFiring === undefined || stillFiring.condition === 'Ready'
          ? {}
          : { distrusted: stillFiring.condition }),
      };
    }),
    noteSettled: assign(() => ({ settleTo: undefined, notReady: undefined })),
    noteCancel: assign(({ event }, parameters: { readonly reason: string }) => ({
      cancelReason: detailOf(event).reason ?? parameters.reason,
    })),
    /** By this word the faults stay open and are taken up again later, whichever mode it was that withheld. */
    noteWithheld: assign(() => ({ cancelReason: 'Withheld' })),
    /** What a person is asked about: the effect's own words where there are any. */
    noteWaiting: assign(({ event }, parameters: { readonly reason: string }) => {
      const said = 'reason' in event ? event.reason : (detailOf(event).hold ?? detailOf(event).reason);
      return { waitingFor: said === undefined ? parameters.reason : `${parameters.reason}: ${said}` };
    }),
    noteReturn: assign(({ event }) =>
      detailOf(event).reason === cordonKept ? { cordonKept: true as const } : {},
    ),
    noteResumed: assign(() => ({ waitingFor: undefined, cancelReason: undefined, exhausted: undefined })),
  },
  guards: {
    exhausted: ({ context }) => context.exhausted === true,
    /** Nobody has looked for a while, or only at what may be over. */
    unseen: ({ context, event }, every: LookInterval) =>
      context.lookHeldUp === true || isLongAgo(context, event, every),
    /** A failed look that tells something all the same: what is seen is contradicted by what an agent said. */
    sawSomething: ({ event }) => observationOf(event) !== undefined,
    /** Somebody else rebooted it: what was observed and asked before no longer counts. */
    rebootedByOthers: ({ context, event }) =>
      event.type === 'node.rebooted' &&
      context.expected.bootId !== undefined &&
      event.bootId !== context.expected.bootId,
    fresh: ({ context }) => context.fresh === true,
    isolated: ({ context }) => context.isolated,
    notIsolated: ({ context }) => !context.isolated,
    poweredOff: ({ context }) => context.poweredOff === true,
    unreachable: ({ context }) => context.unreachable === true,
    cancelling: ({ context }) => context.cancelReason !== undefined,
    nodeGone: ({ event }) => detailOf(event).nodeGone === true,
    healthyNow: ({ context, event }) => {
      const observation = observationOf(event);
      if (observation === undefined || !isHealthy(observation, context.distrusted)) return false;
      const { stillFiring } = context;
      return (
        stillFiring === undefined || observation.conditions[stillFiring.condition] !== stillFiring.status
      );
    },
    /** Healthy, known conditions seen explicitly good, on the boot that we expect, often enough. */
    verified: ({ context, event }) => {
      const observation = observationOf(event);
      return (
        observation !== undefined &&
        isHealthy(observation, context.distrusted) &&
        sawItsConditionsGood(context, observation) &&
        onExpectedBoot(context, observation) &&
        context.healthy + 1 >= context.recipe.healthyObservations
      );
    },
    healthyOnce: ({ context, event }) => {
      const observation = observationOf(event);
      return (
        observation !== undefined &&
        isHealthy(observation, context.distrusted) &&
        sawItsConditionsGood(context, observation) &&
        onExpectedBoot(context, observation)
      );
    },
    silentNow: ({ event }) => observationOf(event)?.ready === 'Unknown',
    bootedAnew: ({ context, event }) => bootedAnew(context, observationOf(event)),
    otherMachine: ({ context, event }) => {
      const { machineId } = context.expected;
      const seen = observationOf(event)?.machineId;
      return machineId !== undefined && seen !== undefined && seen !== machineId;
    },
    wrongImage: ({ context, event }) => {
      const observation = observationOf(event);
      return (
        context.recipe.image !== '' &&
        bootedAnew(context, observation) &&
        observation?.image !== context.recipe.image
      );
    },
    nothingToMove: ({ event }) => (detailOf(event).pods ?? []).length === 0,
    workloadGone: ({ context, event }) => stillThere(context.pods, event).length === 0,
    allReplied: ({ context, event }) =>
      withReply(context.pods, event).every((pod) => pod.status === 'moved' || pod.status === 'destroyed'),
    mayDelete: ({ context }) => context.recipe.whenOverdue === 'delete',
    ticketRepaired: ({ event }) => detailOf(event).repaired === true,
    ticketRepairedWhileOff: ({ context, event }) =>
      context.poweredOff === true && detailOf(event).repaired === true,
    powersOffForRepair: ({ context }) => context.recipe.repairBy === 'power-off-and-ticket',
    settlingTo: ({ context }, parameters: { readonly end: NonNullable<ProcessContext['settleTo']> }) =>
      context.settleTo === parameters.end,
    settlesTo: ({ context }, parameters: { readonly end: NonNullable<ProcessContext['settleTo']> }) =>
      context.open.length === 0 && context.settleTo === parameters.end,
    settlesIsolatedTo: ({ context }, parameters: { readonly end: NonNullable<ProcessContext['settleTo']> }) =>
      context.open.length === 0 && context.settleTo === parameters.end && context.isolated,
    settlesNotReadyTo: ({ context }, parameters: { readonly end: NonNullable<ProcessContext['settleTo']> }) =>
      context.open.length === 0 && context.settleTo === parameters.end && context.notReady === true,
    settlesPoweredOffTo: (
      { context },
      parameters: { readonly end: NonNullable<ProcessContext['settleTo']> },
    ) => context.open.length === 0 && context.settleTo === parameters.end && context.poweredOff === true,
  },
});

/** The condition that reported the fault must be seen good; that it is gone from the list proves nothing. */
function sawItsConditionsGood(context: ProcessContext, observation: NodeObservation): boolean {
  const { stillFiring } = context;
  if (stillFiring === undefined || stillFiring.condition === 'Ready') return true;
  return observation.conditions[stillFiring.condition] === 'False';
}

function onExpectedBoot(context: ProcessContext, observation: NodeObservation): boolean {
  const { bootId } = context.expected;
  return bootId === undefined || observation.bootId === undefined || observation.bootId === bootId;
}

type WorkflowConfig = Parameters<typeof maintenance.createMachine>[0];

/** A workflow: all of them have one type, so that stages and processes need not care which one they are in. */
export function defineWorkflow(config: WorkflowConfig) {
  return maintenance.createMachine(config);
}
