import { describe, it } from 'vitest';
import type { NodeObservation } from '../../domain/command.js';
import type { BootId, MachineId, NodeUid } from '../../domain/identifiers.js';
import type { WorkflowEvent } from '../../workflows/events.js';
import { announced, asked, booted, done, emptied, firing, isolated, observed, timer } from './events.js';
import { workflowSpec } from './workflow-spec.js';

const evacuating = [isolated, asked, announced];
const booting = [
  ...evacuating,
  timer('workload-check'),
  emptied,
  done('powerOff'),
  done('powerOn'),
  timer('boot-check'),
];
const seenWellOnce = [...booting, booted, booted, timer('verify-check')];
const late = workflowSpec('reboot', { fresh: undefined });
const { given } = workflowSpec('reboot');

const { bootId: _untold, ...withoutBoot } = observed();

/** What the node shows after its boot. */
const seen = (overrides: Partial<NodeObservation> = {}): WorkflowEvent =>
  done('observeNode', { observation: observed({ bootId: 'boot-2' as BootId, ...overrides }) });
const seesNothing = done('observeNode');

describe('a look that brings nothing back', () => {
  it('is no sign that a fault reported late is over', () => {
    late
      .given()
      .when(seesNothing)
      .then({ stage: 'isolating', commands: ['isolateNode'] });
  });

  it('is no silence of the node whose workload is awaited', () => {
    given(...evacuating, firing)
      .when(seesNothing)
      .then({ stage: 'evacuating' });
  });

  it('is no boot', () => {
    given(...booting)
      .when(seesNothing)
      .then({ stage: 'booting', timers: ['boot-check'] });
  });

  it('has a node that was well once begin anew', () => {
    given(...seenWellOnce)
      .when(seesNothing)
      .then({ stage: 'verifying', timers: ['verify-check'], context: { healthy: 0 } });
  });
});

describe('a node that is looked at because its fault was reported late', () => {
  it('is isolated when the condition that reports the fault by False says False: that is good of others only', () => {
    workflowSpec('reboot', {
      fresh: undefined,
      stillFiring: { condition: 'NetworkReady', status: 'False' },
    })
      .given()
      .when(done('observeNode', { observation: observed({ conditions: { NetworkReady: 'False' } }) }))
      .then({ stage: 'isolating', commands: ['isolateNode'] });
  });
});

describe('a node whose workload is awaited', () => {
  it('is left its power when it speaks, although its fault fires again', () => {
    given(...evacuating)
      .when(firing)
      .then({ stage: 'evacuating', commands: ['observeNode'] });
    given(...evacuating, firing)
      .when(done('observeNode', { observation: observed() }))
      .then({ stage: 'evacuating' });
  });

  it('falls silent: its power goes at once, and with the power off its workload is given up', () => {
    const silence = done('observeNode', { observation: observed({ ready: 'Unknown' }) });
    given(...evacuating, firing)
      .when(silence)
      .then({ stage: 'poweringOff', commands: ['powerOff'] });
    given(...evacuating, firing, silence)
      .when(done('powerOff'))
      .then({ stage: 'fencing', commands: ['fenceWorkload'] });
  });

  it('comes back as another object, which is to be the same machine', () => {
    const machineId = 'machine-1' as MachineId;
    given(done('isolateNode', { observation: observed({ machineId }) }), asked)
      .when({ type: 'node.recreated', at: 1_000, nodeUid: 'u2' as NodeUid })
      .then({
        stage: 'isolating',
        commands: ['isolateNode'],
        context: { expected: { nodeUid: 'u2' as NodeUid, machineId } },
      });
  });

  it('is not isolated anew when the boot that it is known by is told again', () => {
    given(...evacuating)
      .when({ type: 'node.rebooted', at: 1_000, bootId: 'boot-1' as BootId })
      .then({ stage: 'evacuating' });
  });
});

describe('a node that boots', () => {
  it.each([
    ['that is not Ready yet', seen({ ready: 'False' })],
    ['that does not tell its boot', done('observeNode', { observation: withoutBoot })],
  ])('%s is looked at again', (_, look) => {
    given(...booting)
      .when(look)
      .then({ stage: 'booting', timers: ['boot-check'] });
  });

  it('and does not tell which machine it is has booted all the same: it is no other one', () => {
    const machineId = 'machine-1' as MachineId;
    given(done('isolateNode', { observation: observed({ machineId }) }), ...booting.slice(1))
      .when(booted)
      .then({
        stage: 'verifying',
        commands: ['observeNode'],
        context: { expected: { machineId, bootId: 'boot-2' as BootId } },
      });
  });
});

describe('a node that was seen well once', () => {
  it.each([
    ['is not Ready', seen({ ready: 'False' })],
    ['has a condition that is not good', seen({ conditions: { KernelDeadlock: 'True' } })],
    ['is on the boot from before', done('observeNode', { observation: observed() })],
  ])('begins anew when it %s', (_, look) => {
    given(...seenWellOnce)
      .when(look)
      .then({ stage: 'verifying', timers: ['verify-check'], context: { healthy: 0 } });
  });

  it('is still expected on its boot when a look does not tell that', () => {
    given(...seenWellOnce)
      .when(done('observeNode', { observation: withoutBoot }))
      .then({
        stage: 'returning',
        commands: ['giveBack'],
        context: { expected: { bootId: 'boot-2' as BootId } },
      });
  });

  it('is given back on the boot that the last look showed, although none before told it', () => {
    const untold = done('observeNode', { observation: withoutBoot });
    const told = done('observeNode', { observation: observed() });
    workflowSpec('component-restart')
      .given(
        done('isolateNode', { observation: withoutBoot }),
        done('restartComponent'),
        untold,
        timer('verify-check'),
      )
      .when(told)
      .then({
        stage: 'returning',
        commands: ['giveBack'],
        context: { expected: { bootId: 'boot-1' as BootId } },
      });
  });

  it('begins anew when the condition that reported its fault is gone: that proves nothing', () => {
    const reported = workflowSpec('reboot', {
      stillFiring: { condition: 'KernelDeadlock', status: 'True' },
    });
    reported
      .given(...seenWellOnce)
      .when(seen({ conditions: {} }))
      .then({ stage: 'verifying', timers: ['verify-check'], context: { healthy: 0 } });
    reported
      .given(...seenWellOnce)
      .when(seen())
      .then({ stage: 'returning', commands: ['giveBack'] });
  });
});

describe('a node that is isolated again', () => {
  it('has to leave the boot that it had before, although this time it does not tell it', () => {
    workflowSpec('reboot', { bootBefore: 'boot-1' as BootId })
      .given()
      .when(done('isolateNode', { observation: withoutBoot }))
      .then({
        stage: 'requestingMigration',
        commands: ['requestMigration'],
        context: { bootBefore: 'boot-1' as BootId },
      });
  });
});
