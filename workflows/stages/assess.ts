import { maintenance } from '../maintenance.js';
import { askPerson, lookAtNode } from './steps.js';
import { reversible } from './settle.js';

/** A fresh report is enough to begin; the executor looks at the node before it touches it. */
export function assess(next: { readonly needed: string }) {
  return maintenance.createStateConfig({
    entry: 'enterStage',
    always: [{ guard: 'fresh', target: next.needed }, { target: 'observing' }],
  });
}

/** A late report (a consumer that catches up, a pause that ended) is no observation: look first. */
export function observe(next: { readonly needed: string }) {
  return maintenance.createStateConfig({
    entry: ['enterStage', lookAtNode],
    on: {
      'observeNode.done': [
        {
          guard: 'healthyNow',
          target: 'cancelled',
          actions: { type: 'noteCancel', params: { reason: 'NotSeenNow' } },
        },
        { target: next.needed },
      ],
      'observeNode.unneeded': [
        {
          guard: 'nodeGone',
          target: 'cancelled',
          actions: { type: 'noteCancel', params: { reason: 'NodeUnknown' } },
        },
        askPerson('the node could not be observed'),
      ],
      'observeNode.failed': askPerson('the node could not be observed'),
      ...reversible,
    },
  });
}
