import { maintenance } from '../maintenance.js';
import { askPerson, deadline, lookAtNode, noteLook, startTimer } from './steps.js';
import { takenOver } from './settle.js';

const notWell = [
  noteLook('verifyIntervalMs'),
  'resetHealthy' as const,
  startTimer('verify-check', 'verifyIntervalMs'),
];

/** Recovery is observed, several times in a row; silence or one bad look begins the count anew. */
export function verify(next: { readonly healthy: string; readonly deadline: string }) {
  return maintenance.createStateConfig({
    entry: ['enterStage', 'noteVerifying', lookAtNode, startTimer('verify-deadline', 'verifyDeadlineMs')],
    on: {
      'timer.verify-check': { actions: lookAtNode },
      'observeNode.done': [
        { guard: 'otherMachine', ...askPerson('another machine answers under this name') },
        { guard: 'verified', target: next.healthy, actions: 'adoptIdentity' },
        {
          guard: 'healthyOnce',
          actions: [
            noteLook('verifyIntervalMs'),
            'countHealthy',
            'adoptIdentity',
            startTimer('verify-check', 'verifyIntervalMs'),
          ],
        },
        { actions: [...notWell, 'adoptIdentity'] },
      ],
      'observeNode.unneeded': { actions: notWell },
      'observeNode.failed': [
        { guard: 'sawSomething', actions: notWell },
        { actions: ['resetHealthy', startTimer('verify-check', 'verifyIntervalMs')] },
      ],
      // Of what was dismissed repeats are no news.
      'fault.firing': [{ guard: 'cancelling' }, { actions: 'resetHealthy' }],
      'timer.verify-deadline': deadline('verify-deadline', {
        duration: 'verifyDeadlineMs',
        every: 'verifyIntervalMs',
        overdue: [
          {
            guard: 'cancelling' as const,
            ...askPerson('its fault was dismissed, but the node is not seen to be well'),
          },
          { target: next.deadline },
        ],
      }),
      'fault.stronger': takenOver(),
    },
  });
}
