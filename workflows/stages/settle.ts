import { commandTypes, resultStatuses } from '../../domain/command.js';
import { maintenance } from '../maintenance.js';

/** Why a process was cancelled of which a person said that there is no fault. */
export const dismissed = 'Dismissed';

/** Why a process was cancelled whose node came back as another object. */
export const recreated = 'NodeRecreated';

/** Every result clears the way, and nothing else: what follows is decided when the last one is in. */
function noConsequence(): Record<string, Record<string, never>> {
  const types = commandTypes.flatMap((type) => resultStatuses.map((status) => `${type}.${status}`));
  return Object.fromEntries(types.map((type) => [type, {}]));
}

/** A node said to be deleted was isolated all the same: it came back under its name, so it is given back, not left. */
const isolatedAfterAll = [
  {
    guard: { type: 'settlingTo' as const, params: { end: 'retire' as const } },
    actions: [
      'noteIsolation' as const,
      { type: 'settleTo' as const, params: { end: 'cancel' as const, reason: recreated } },
    ],
  },
  { actions: 'noteIsolation' as const },
];

/**
 * Where a process goes when something overtakes it: every command that nobody has begun with is taken back, and an
 * attempt under way is waited for. No process ends, and none is handed on, with an attempt open.
 */
export function settle(next: {
  readonly isolate: string;
  readonly verify: string;
  readonly powerOn: string;
}) {
  return maintenance.createStateConfig({
    entry: ['enterStage', 'revokeOpenCommands'],
    always: [
      { guard: { type: 'settlesTo', params: { end: 'retire' } }, target: 'retired' },
      { guard: { type: 'settlesTo', params: { end: 'isolate' } }, target: next.isolate },
      { guard: { type: 'settlesTo', params: { end: 'takeOver' } }, target: 'takingOver' },
      { guard: { type: 'settlesIsolatedTo', params: { end: 'cancel' } }, target: 'returning' },
      { guard: { type: 'settlesTo', params: { end: 'cancel' } }, target: 'cancelled' },
      { guard: { type: 'settlesIsolatedTo', params: { end: 'handOver' } }, target: 'handingOver' },
      { guard: { type: 'settlesTo', params: { end: 'handOver' } }, target: 'handedToHuman' },
      { guard: { type: 'settlesPoweredOffTo', params: { end: 'dismiss' } }, target: next.powerOn },
      { guard: { type: 'settlesIsolatedTo', params: { end: 'dismiss' } }, target: next.verify },
      // Whoever dismisses need not know that the machine is off, by whose hand ever.
      { guard: { type: 'settlesNotReadyTo', params: { end: 'dismiss' } }, target: next.verify },
      { guard: { type: 'settlesTo', params: { end: 'dismiss' } }, target: 'cancelled' },
    ],
    on: {
      ...noConsequence(),
      'isolateNode.done': isolatedAfterAll,
      // Nobody saw how it ended, so there may be something of ours to take back.
      'isolateNode.unknown': isolatedAfterAll,
      'isolateNode.failed': isolatedAfterAll,
      'powerOff.done': { actions: 'notePowerOff' },
      'powerOff.unknown': { actions: 'notePowerOff' },
      'powerOn.done': { actions: 'expectNewBoot' },
      'reimage.done': { actions: 'expectNewNode' },
    },
    exit: 'noteSettled',
  });
}

/**
 * Before the point of no return: a cleared fault takes the process back, a stronger fault's workflow takes over
 * without giving the node back, and a boot that was not ours makes it isolate and look anew.
 */
export const reversible = {
  'fault.cleared': {
    target: 'settling',
    actions: { type: 'settleTo' as const, params: { end: 'cancel' as const, reason: 'FaultCleared' } },
  },
  'fault.stronger': takenOver(),
  'node.rebooted': {
    guard: 'rebootedByOthers' as const,
    target: 'settling',
    actions: { type: 'settleTo' as const, params: { end: 'isolate' as const, reason: '' } },
  },
};

export function takenOver() {
  return {
    target: 'settling',
    actions: { type: 'settleTo' as const, params: { end: 'takeOver' as const, reason: '' } },
  };
}
