import { describe, expect, it } from 'vitest';
import { commandTypes, type CommandType } from '../../domain/command.js';
import { activeVersion, advance } from '../../workflows/catalog.js';
import type { Stage } from '../../workflows/orders.js';
import { announced, asked, done, failed, isolated, order, result, silent, timer, unknown } from './events.js';
import { contextOf, workflowSpec } from './workflow-spec.js';

const { given } = workflowSpec('hardware-repair');
const fencing = [silent, asked, announced, done('powerOff')];
const repairing = [isolated, done('requestMigration', { pods: [] }), done('powerOff'), done('openTicket')];
const handingOver = [isolated, order('abort')];

/** A hardware repair that is in this stage, when a command answers that something was not needed on a node that is gone. */
function goneWhile(stage: Stage, type: CommandType) {
  const context = contextOf({ isolated: true, stageEntry: 3 });
  const event = result(type, 'unneeded', { nodeGone: true });
  return advance('hardware-repair', activeVersion['hardware-repair'], { stage, context }, event);
}

describe('a result that its stage says nothing about', () => {
  it('is for a person, with the words of the effect, when it failed', () => {
    given(...repairing, timer('repair-check'))
      .when(failed('checkTicket'))
      .then({ stage: 'waitingForPerson', context: { waitingFor: 'checkTicket failed: refused' } });
  });

  it('is for a person when nobody saw the end of it', () => {
    given(...handingOver)
      .when(unknown('handOver'))
      .then({ stage: 'waitingForPerson', context: { waitingFor: 'handOver ended unseen' } });
  });

  it('is for a person when the mode withheld what was half done', () => {
    given(...fencing)
      .when(result('fenceWorkload', 'withheld', { reason: 'ModeObserve' }))
      .then({
        stage: 'waitingForPerson',
        context: { waitingFor: 'fenceWorkload was withheld by the mode: ModeObserve' },
      });
  });

  it('is for a person when it was not needed on a node that is there', () => {
    given(...fencing)
      .when(result('fenceWorkload', 'unneeded'))
      .then({ stage: 'waitingForPerson', context: { waitingFor: 'fenceWorkload was not needed any more' } });
  });

  it('retires a machine that is off when its node is gone, and asks nobody', () => {
    given(...fencing)
      .when(result('fenceWorkload', 'unneeded', { nodeGone: true }))
      .then({ stage: 'retired' });
  });

  it.each(commandTypes)('%s: whoever finds the node gone ends the process as retired', (type) => {
    const step = goneWhile('openingTicket', type);
    expect([step.stage, step.ended]).toEqual(['retired', true]);
  });
});
