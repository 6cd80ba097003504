import { maintenance } from '../maintenance.js';
import { askPerson } from './steps.js';

/** Takes back an isolation of ours that no process of this journal made; under a permit, as nobody remembers why it was. */
export function reclaimNode() {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      {
        type: 'reclaimNode',
        params: ({ context }) => (context.reclaims === undefined ? {} : { owner: context.reclaims }),
      },
    ],
    on: {
      'reclaimNode.done': { target: 'recovered', actions: 'noteReturn' },
      'reclaimNode.unneeded': [
        { guard: 'nodeGone', target: 'retired' },
        askPerson('the isolated node changed'),
      ],
      'reclaimNode.withheld': { target: 'cancelled', actions: 'noteWithheld' },
      'reclaimNode.failed': askPerson('the node could not be given back'),
    },
  });
}
