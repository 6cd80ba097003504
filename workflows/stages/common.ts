import { commandTypes, type CommandType } from '../../domain/command.js';
import { assess, observe } from './assess.js';
import { escalate, takeOver } from './climb.js';
import { giveBack, handOver } from './give-back.js';
import { dismissed, settle } from './settle.js';

/**
 * Stages that are the same in every workflow; all of them begin in `assessing` and isolate first.
 * @param powerOn the stage that switches a machine on again, where the workflow can switch it off
 */
export function commonStages(powerOn?: string) {
  return {
    assessing: assess({ needed: 'isolating' }),
    observing: observe({ needed: 'isolating' }),
    settling: settle({ isolate: 'isolating', verify: 'verifying', powerOn: powerOn ?? 'verifying' }),
    escalating: escalate(),
    takingOver: takeOver(),
    returning: giveBack(),
    handingOver: handOver(),
    recovered: { type: 'final' as const },
    cancelled: { type: 'final' as const },
    handedToHuman: { type: 'final' as const },
    retired: { type: 'final' as const },
  };
}

/**
 * What a result means where a stage says nothing about it: a node that is gone ends the process, anything else that is
 * not done is for a person. So no result is ever without consequence.
 */
function unexpectedResults() {
  const ask = (type: CommandType, what: string) => ({
    target: '.waitingForPerson',
    actions: { type: 'noteWaiting' as const, params: { reason: `${type} ${what}` } },
  });
  const resultsOf = (type: CommandType) => ({
    [`${type}.unneeded`]: [
      {
        guard: 'nodeGone' as const,
        target: '.settling',
        actions: { type: 'settleTo' as const, params: { end: 'retire' as const, reason: '' } },
      },
      ask(type, 'was not needed any more'),
    ],
    [`${type}.failed`]: ask(type, 'failed'),
    [`${type}.unknown`]: ask(type, 'ended unseen'),
    [`${type}.withheld`]: ask(type, 'was withheld by the mode'),
  });
  return Object.assign({}, ...commandTypes.map(resultsOf)) as Record<string, ReturnType<typeof ask>>;
}

/**
 * What every stage hears unless it says otherwise: the node is gone, came back as another object, or a person wants
 * the process to end or says that there is no fault.
 */
export const heardEverywhere = {
  ...unexpectedResults(),
  'node.deleted': {
    target: '.settling',
    actions: { type: 'settleTo' as const, params: { end: 'retire' as const, reason: '' } },
  },
  'node.recreated': {
    target: '.settling',
    actions: [
      'expectRecreated' as const,
      { type: 'settleTo' as const, params: { end: 'isolate' as const, reason: '' } },
    ],
  },
  'order.abort': {
    target: '.settling',
    actions: { type: 'settleTo' as const, params: { end: 'handOver' as const, reason: 'ordered' } },
  },
  'order.dismiss': {
    target: '.settling',
    actions: [
      'noteDismissal' as const,
      { type: 'settleTo' as const, params: { end: 'dismiss' as const, reason: dismissed } },
    ],
  },
};
