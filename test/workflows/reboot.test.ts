import { describe, it } from 'vitest';

import {
  announced,
  asked,
  booted,
  cleared,
  deleted,
  done,
  emptied,
  failed,
  isolated,
  observed,
  order,
  replied,
  result,
  silent,
  timer,
  unknown,
} from './events.js';
import { workflowSpec } from './workflow-spec.js';

const { given } = workflowSpec('reboot');
const evacuating = [isolated, asked];
const poweringOff = [...evacuating, timer('workload-check'), emptied];
const booting = [...poweringOff, done('powerOff'), done('powerOn')];
const verifying = [...booting, timer('boot-check'), booted];

describe('reboot', () => {
  it('asks the workload to move once the node is isolated', () => {
    given()
      .when(isolated)
      .then({ stage: 'requestingMigration', commands: ['requestMigration'] });
  });

  it('goes on at once when there is nothing to move', () => {
    given(isolated)
      .when(done('requestMigration', { pods: [] }))
      .then({ stage: 'poweringOff', commands: ['powerOff'] });
  });

  it('looks for itself when all pods are said to have moved', () => {
    given(...evacuating)
      .when(replied('moved'))
      .then({ stage: 'evacuating', commands: ['observeWorkload'] });
  });

  it('powers off only when the pods are observed to be gone', () => {
    given(...evacuating, timer('workload-check'))
      .when(emptied)
      .then({ stage: 'poweringOff', commands: ['powerOff'] });
  });

  it('starts the deadline when the request is announced, not when it is decided', () => {
    given(...evacuating)
      .when(announced)
      .then({ stage: 'evacuating', timers: ['evacuation-deadline'] });
  });

  it('asks a person when workload is left at the deadline and the policy says so', () => {
    given(...evacuating, announced)
      .when(timer('evacuation-deadline'))
      .then({ stage: 'waitingForPerson' });
  });

  it('powers a silent kubelet off at once, and fences its workload only when it is observed off', () => {
    given(silent, asked)
      .when(announced)
      .then({ stage: 'poweringOff', commands: ['powerOff'] });
    given(silent, asked, announced)
      .when(done('powerOff'))
      .then({ stage: 'fencing', commands: ['fenceWorkload'] });
    given(silent, asked, announced, done('powerOff'))
      .when(done('fenceWorkload'))
      .then({ stage: 'unfencing', commands: ['unfenceWorkload'] });
  });

  it('never powers off again when nobody saw what happened', () => {
    given(...poweringOff)
      .when(unknown('powerOff'))
      .then({ stage: 'waitingForPerson' });
  });

  it('counts a boot only by a new boot id', () => {
    given(...booting, timer('boot-check'))
      .when(done('observeNode', { observation: observed() }))
      .then({ stage: 'booting', timers: ['boot-check'] });
    given(...booting, timer('boot-check'))
      .when(booted)
      .then({ stage: 'verifying', commands: ['observeNode'] });
  });

  it('gives the node back after enough healthy observations in a row', () => {
    given(...verifying)
      .when(booted)
      .then({ stage: 'verifying', timers: ['verify-check'], context: { healthy: 1 } });
    given(...verifying, booted, timer('verify-check'))
      .when(booted)
      .then({ stage: 'returning', commands: ['giveBack'] });
  });

  it('begins the count anew after one bad observation', () => {
    const bad = done('observeNode', { observation: observed({ ready: 'False' }) });
    given(...verifying, booted, timer('verify-check'))
      .when(bad)
      .then({ stage: 'verifying', context: { healthy: 0 } });
  });

  it('ends as recovered when the node is given back', () => {
    given(...verifying, booted, timer('verify-check'), booted)
      .when(done('giveBack'))
      .then({ stage: 'recovered' });
  });

  it('keeps the node out while a person holds it', () => {
    given(...verifying, booted, timer('verify-check'), booted)
      .when(result('giveBack', 'failed', { hold: 'ticket 7' }))
      .then({
        stage: 'waitingForPerson',
        context: { waitingFor: 'the node could not be given back: ticket 7' },
      });
  });

  it('takes the node back to service when the fault clears before the point of no return', () => {
    given(...evacuating)
      .when(cleared)
      .then({ stage: 'returning', commands: ['giveBack'] });
    given(...evacuating, cleared)
      .when(done('giveBack'))
      .then({ stage: 'cancelled' });
  });

  it('does not stop half way when the fault clears after the power went off', () => {
    given(...poweringOff)
      .when(cleared)
      .then({ stage: 'poweringOff' });
  });

  it('retires when the node is deleted by others', () => {
    given(...evacuating)
      .when(deleted)
      .then({ stage: 'retired' });
  });

  it('hands the isolated node over when a person aborts', () => {
    given(...evacuating)
      .when(order('abort'))
      .then({ stage: 'handingOver', commands: ['handOver'] });
    given(...evacuating, order('abort'))
      .when(done('handOver'))
      .then({ stage: 'handedToHuman' });
  });

  it('looks first when the report is late', () => {
    const late = workflowSpec('reboot', { fresh: undefined });
    const healthy = done('observeNode', { observation: observed() });
    late
      .given()
      .when(healthy)
      .then({ stage: 'cancelled', context: { cancelReason: 'NotSeenNow' } });
  });

  it('asks a person when every attempt has been used up, with the node out of service', () => {
    workflowSpec('reboot', { exhausted: true })
      .given()
      .when(isolated)
      .then({ stage: 'waitingForPerson', context: { isolated: true } });
  });

  it('does nothing more in observe mode', () => {
    given()
      .when(result('isolateNode', 'withheld'))
      .then({ stage: 'cancelled', context: { cancelReason: 'Withheld' } });
  });

  it('asks a person when it can not be isolated', () => {
    given().when(failed('isolateNode')).then({ stage: 'waitingForPerson' });
  });

  it('hands over what a failed isolation may have isolated before: the node stayed isolated for ever', () => {
    given(failed('isolateNode'))
      .when(order('abort'))
      .then({ stage: 'handingOver', commands: ['handOver'] });
    given(unknown('isolateNode'))
      .when(order('abort'))
      .then({ stage: 'handingOver', commands: ['handOver'] });
  });
});

it('does not wait for pods of a kubelet that falls silent while they leave', () => {
  const firing = { type: 'fault.firing', at: 1_000 } as const;
  const gone = done('observeNode', { observation: observed({ ready: 'Unknown' }) });
  given(...evacuating)
    .when(firing)
    .then({ stage: 'evacuating', commands: ['observeNode'] });
  given(...evacuating, firing)
    .when(gone)
    .then({ stage: 'poweringOff', commands: ['powerOff'] });
});
