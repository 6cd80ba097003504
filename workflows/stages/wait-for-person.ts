import { maintenance } from '../maintenance.js';
import { takenOver } from './settle.js';

/**
 * Visibly waits, with the reason and the orders that are possible. `powerOn`: the way back for a machine that we
 * switched off; nothing is verified on a machine without power.
 */
export function waitForPerson(next: {
  readonly retry: string;
  readonly verify: string;
  readonly powerOn?: string;
}) {
  const onward =
    next.powerOn === undefined
      ? [{ target: next.verify, actions: 'noteResumed' as const }]
      : [
          { guard: 'poweredOff' as const, target: next.powerOn, actions: 'noteResumed' as const },
          { target: next.verify, actions: 'noteResumed' as const },
        ];
  return maintenance.createStateConfig({
    entry: ['enterStage', 'askPerson'],
    on: {
      'order.retry': { target: next.retry, actions: 'noteResumed' },
      'order.skip': onward,
      'order.repaired': onward,
      'fault.cleared': [
        {
          guard: 'notIsolated',
          target: 'cancelled',
          actions: { type: 'noteCancel', params: { reason: 'FaultCleared' } },
        },
        { guard: 'poweredOff' },
        { target: next.verify, actions: 'noteResumed' },
      ],
      'fault.stronger': takenOver(),
    },
  });
}
