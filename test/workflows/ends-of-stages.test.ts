import { describe, it } from 'vitest';
import type { BootId } from '../../domain/identifiers.js';
import {
  announced,
  asked,
  booted,
  deleted,
  done,
  failed,
  isolated,
  observed,
  order,
  pod,
  replied,
  result,
  timer,
} from './events.js';
import { recipe, workflowSpec } from './workflow-spec.js';

const { given } = workflowSpec('reboot');
const evacuating = [isolated, asked];
const stillThere = done('observeWorkload', { pods: [pod] });
const verifying = [
  ...evacuating,
  timer('workload-check'),
  done('observeWorkload', { pods: [] }),
  done('powerOff'),
  done('powerOn'),
  timer('boot-check'),
  booted,
];
const returning = [...verifying, booted, timer('verify-check'), booted];
const asking = [...evacuating, announced, timer('evacuation-deadline')];

describe('a node that is deleted by others', () => {
  it('while it is given back, ends the process as retired', () => {
    given(...returning)
      .when(deleted)
      .then({ stage: 'retired' });
  });

  it('while it is handed over to a person, ends the process as retired', () => {
    given(...asking)
      .when(order('abort'))
      .then({ stage: 'handingOver', commands: ['handOver'] });
    given(...asking, order('abort'))
      .when(deleted)
      .then({ stage: 'retired' });
  });
});

describe('workload that is awaited', () => {
  it('is looked at again after a while when it is still there, and when the look failed', () => {
    given(...evacuating, announced, timer('workload-check'))
      .when(stillThere)
      .then({
        stage: 'evacuating',
        timers: ['workload-check'],
        context: { pods: [{ ...pod, status: 'requested' }] },
      });
    given(...evacuating, announced, timer('workload-check'))
      .when(failed('observeWorkload'))
      .then({ stage: 'evacuating', timers: ['workload-check'] });
  });

  it('is looked at sooner when all of it is said to be moved or destroyed', () => {
    for (const status of ['moved', 'destroyed'] as const)
      given(...evacuating, announced)
        .when(replied(status))
        .then({ stage: 'evacuating', commands: ['observeWorkload'] });
  });

  it('is none where the answer names none', () => {
    given(isolated)
      .when(done('requestMigration'))
      .then({ stage: 'poweringOff', commands: ['powerOff'], context: { pods: [] } });
  });

  it('is awaited on after it was deleted, with looks of its own', () => {
    const policy = workflowSpec('reboot', { recipe: { ...recipe, whenOverdue: 'delete' } });
    const deleting = [...evacuating, announced, stillThere, timer('evacuation-deadline')];
    policy
      .given(...deleting.slice(0, -1))
      .when(timer('evacuation-deadline'))
      .then({ stage: 'deletingWorkload', commands: ['deleteWorkload'], timers: ['workload-gone-deadline'] });
    policy
      .given(...deleting)
      .when(done('deleteWorkload', { pods: [pod] }))
      .then({ stage: 'deletingWorkload', timers: ['workload-check'], context: { lookedAt: 1_000 } });
    policy
      .given(...deleting, done('deleteWorkload', { pods: [pod] }), timer('workload-check'))
      .when(done('observeWorkload', { pods: [] }))
      .then({ stage: 'poweringOff', commands: ['powerOff'], context: { pods: [] } });
  });
});

describe('a node that is proved well', () => {
  it('is expected as it was seen then: another boot after that is somebody else’s', () => {
    given(...verifying)
      .when(booted)
      .then({ stage: 'verifying', context: { expected: { bootId: 'boot-2' as BootId } } });
  });

  it('whose look fails is looked at again after a while', () => {
    given(...verifying)
      .when(failed('observeNode'))
      .then({ stage: 'verifying', timers: ['verify-check'] });
    given(...verifying)
      .when(done('observeNode', { observation: observed({ bootId: 'boot-2' as BootId, ready: 'Unknown' }) }))
      .then({ stage: 'verifying', timers: ['verify-check'], context: { healthy: 0 } });
  });
});

describe('a node that is to be isolated', () => {
  it('waits for a person, isolated, when every attempt has been used up', () => {
    workflowSpec('reboot', { exhausted: true })
      .given()
      .when(isolated)
      .then({
        stage: 'waitingForPerson',
        context: { isolated: true, waitingFor: 'every attempt has been used up' },
      });
  });

  it('is left alone, with the reason, when that is not needed', () => {
    given()
      .when(result('isolateNode', 'unneeded'))
      .then({ stage: 'cancelled', context: { cancelReason: 'NotNeeded' } });
  });

  it('is left to a person when it was isolated before and is another one now', () => {
    const asked = [isolated, result('requestMigration', 'unneeded'), order('retry')];
    given(...asked)
      .when(result('isolateNode', 'unneeded'))
      .then({ stage: 'waitingForPerson', context: { isolated: true } });
  });
});
