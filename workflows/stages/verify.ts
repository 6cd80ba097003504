import { maintenance } from '../maintenance.js';
import { askPerson, lookAtNode, startTimer } from './steps.js';
import { takenOver } from './settle.js';

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
          actions: ['countHealthy', 'adoptIdentity', startTimer('verify-check', 'verifyIntervalMs')],
        },
        { actions: ['resetHealthy', 'adoptIdentity', startTimer('verify-check', 'verifyIntervalMs')] },
      ],
      'observeNode.unneeded': { actions: ['resetHealthy', startTimer('verify-check', 'verifyIntervalMs')] },
      'observeNode.failed': { actions: ['resetHealthy', startTimer('verify-check', 'verifyIntervalMs')] },
      'fault.firing': { actions: 'resetHealthy' },
      'timer.verify-deadline': { target: next.deadline },
      'fault.stronger': takenOver(),
    },
  });
}
