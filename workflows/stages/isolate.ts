import { maintenance } from '../maintenance.js';
import { askPerson } from './steps.js';
import { reversible } from './settle.js';

/** An earlier try may have isolated it before the last one failed: whatever ends the process looks for our taint first. */
const maybeIsolated = {
  target: 'waitingForPerson',
  actions: [
    'suspectIsolation' as const,
    { type: 'noteWaiting' as const, params: { reason: 'the node could not be isolated' } },
  ],
};

/** Stops scheduling on the node, with our taint and, if the recipe says so, a cordon. */
export function isolate(next: { readonly done: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      {
        type: 'isolateNode',
        params: ({ context }) => ({
          cordon: context.recipe.cordon,
          reason: context.faultType,
          ...(context.isolated || context.reportedBootId === undefined
            ? {}
            : { reportedBootId: context.reportedBootId }),
          ...(context.isolated || context.stillFiring === undefined
            ? {}
            : { stillFiring: context.stillFiring }),
          ...(context.reclaims === undefined ? {} : { adopts: context.reclaims }),
        }),
      },
    ],
    on: {
      'isolateNode.done': [
        {
          guard: 'exhausted',
          target: 'waitingForPerson',
          actions: [
            'noteIsolation',
            { type: 'noteWaiting', params: { reason: 'every attempt has been used up' } },
          ],
        },
        { target: next.done, actions: 'noteIsolation' },
      ],
      'isolateNode.unneeded': [
        { guard: 'isolated', ...askPerson('the isolated node changed') },
        { target: 'cancelled', actions: { type: 'noteCancel', params: { reason: 'NotNeeded' } } },
      ],
      'isolateNode.withheld': [
        { guard: 'isolated', ...askPerson('the mode became observe') },
        { target: 'cancelled', actions: 'noteWithheld' },
      ],
      'isolateNode.failed': maybeIsolated,
      'isolateNode.unknown': maybeIsolated,
      ...reversible,
    },
  });
}

/** A Node object that came back under another UID is isolated again before anything else goes on. */
export function isolateAgain(next: { readonly done: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      {
        type: 'isolateNode',
        params: ({ context }) => ({ cordon: context.recipe.cordon, reason: context.faultType }),
      },
    ],
    on: {
      'isolateNode.done': { target: next.done },
      'isolateNode.unneeded': askPerson('the node that came back could not be isolated'),
      'isolateNode.failed': askPerson('the node that came back could not be isolated'),
    },
  });
}
