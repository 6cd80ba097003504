import { describe, it } from 'vitest';
import {
  asked,
  booted,
  cleared,
  done,
  emptied,
  failed,
  isolated,
  order,
  result,
  timer,
  unknown,
} from './events.js';
import { recipe, workflowSpec } from './workflow-spec.js';

const { given } = workflowSpec('hardware-repair');
const emptying = [isolated, asked, timer('workload-check')];
const off = [...emptying, emptied, done('powerOff')];
const repairing = [...off, done('openTicket', { ticket: 'T-1' })];

describe('hardware repair', () => {
  it('switches the machine off when its workload is gone, and opens a ticket only then', () => {
    given(...emptying)
      .when(emptied)
      .then({ stage: 'poweringOff', commands: ['powerOff'] });
    given(...emptying, emptied)
      .when(done('powerOff'))
      .then({ stage: 'openingTicket', commands: ['openTicket'], context: { poweredOff: true } });
  });

  it('leaves the machine on where the recipe says that people repair it so', () => {
    workflowSpec('hardware-repair', { recipe: { ...recipe, repairBy: 'ticket' } })
      .given(...emptying)
      .when(emptied)
      .then({ stage: 'openingTicket', commands: ['openTicket'] });
  });

  it('keeps the ticket that it has when the ticket system names no other', () => {
    workflowSpec('hardware-repair', { ticket: 'T-1' })
      .given(...off)
      .when(done('openTicket'))
      .then({ stage: 'repairing', context: { ticket: 'T-1' } });
  });

  it('waits for the repair, and asks the ticket system now and then in case it did not tell', () => {
    given(...off)
      .when(done('openTicket', { ticket: 'T-1' }))
      .then({ stage: 'repairing', timers: ['repair-deadline', 'repair-check'], context: { ticket: 'T-1' } });
    given(...repairing)
      .when(timer('repair-check'))
      .then({ stage: 'repairing', commands: ['checkTicket'], timers: ['repair-check'] });
  });

  it('switches the machine on when people or the ticket system say that it is repaired', () => {
    given(...repairing)
      .when(order('repaired'))
      .then({ stage: 'poweringOn', commands: ['powerOn'] });
    given(...repairing, timer('repair-check'))
      .when(done('checkTicket', { repaired: true }))
      .then({ stage: 'poweringOn', commands: ['powerOn'] });
    given(...repairing, timer('repair-check'))
      .when(done('checkTicket', { repaired: false }))
      .then({ stage: 'repairing' });
  });

  it('verifies a machine that has booted again, and gives it back', () => {
    given(...repairing, order('repaired'), done('powerOn'), timer('boot-check'))
      .when(booted)
      .then({ stage: 'verifying', commands: ['observeNode'] });
  });

  it('does not end because the fault cleared while the machine is off: the repair is still to be verified', () => {
    given(...repairing)
      .when(cleared)
      .then({ stage: 'repairing' });
  });

  it.each([
    ['power can not be switched off', [...emptying, emptied], failed('powerOff')],
    ['nobody saw whether the power went off', [...emptying, emptied], unknown('powerOff')],
    ['the isolated node changed', [...emptying, emptied], result('powerOff', 'unneeded')],
    ['no ticket can be opened', off, failed('openTicket')],
    ['power can not be switched on', [...repairing, order('repaired')], failed('powerOn')],
    ['nobody saw whether the power came on', [...repairing, order('repaired')], unknown('powerOn')],
  ])('asks a person when %s', (_, before, event) => {
    given(...before)
      .when(event)
      .then({ stage: 'waitingForPerson' });
  });
});
