import { maintenance } from '../maintenance.js';
import { askPerson } from './steps.js';

/** Takes back what is ours, and only that. A person's hold keeps the node out. */
export function giveBack() {
  return maintenance.createStateConfig({
    entry: ['enterStage', { type: 'giveBack', params: {} }],
    on: {
      'giveBack.done': [
        { guard: 'cancelling', target: 'cancelled' },
        { target: 'recovered', actions: 'noteReturn' },
      ],
      'giveBack.unneeded': [{ guard: 'nodeGone', target: 'retired' }, askPerson('the isolated node changed')],
      'giveBack.failed': askPerson('the node could not be given back'),
      'node.deleted': {
        target: 'settling',
        actions: { type: 'settleTo', params: { end: 'retire', reason: '' } },
      },
    },
  });
}

/** Leaves the node out of service in a person's hands: our taint goes, the cordon and a hold stay. */
export function handOver() {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      {
        type: 'handOver',
        params: ({ context }) => ({
          reason: context.waitingFor ?? 'ordered',
          ...(context.reclaims === undefined ? {} : { owner: context.reclaims }),
        }),
      },
    ],
    on: {
      'handOver.done': { target: 'handedToHuman' },
      'handOver.unneeded': [{ guard: 'nodeGone', target: 'retired' }, { target: 'handedToHuman' }],
      'handOver.failed': askPerson('the node could not be handed over'),
      'node.deleted': {
        target: 'settling',
        actions: { type: 'settleTo', params: { end: 'retire', reason: '' } },
      },
    },
  });
}
