import { describe, expect, it } from 'vitest';
import { DecidedNode, minute, told } from './decided-node.js';

const type = 'KernelDeadlock';
const evidence = { condition: type, status: 'True' };
const said = { evidence };

function isolating(): DecidedNode {
  const one = new DecidedNode();
  one.report(type, said);
  return one;
}

function isolated(): DecidedNode {
  const one = isolating();
  one.isolate();
  return one;
}

/** Seen to be well as often as it takes, but for the condition that reported the fault. */
function verify(one: DecidedNode, bootId = 'b1'): void {
  const observation = { ...one.observation(bootId), conditions: { [type]: 'True' as const } };
  one.answer('observeNode', 'done', { observation });
  one.fire('verify-check');
  one.answer('observeNode', 'done', { observation });
}

/** From the beginning to another boot, on which the condition is as it was. */
function bootAgain(one: DecidedNode): void {
  one.isolate();
  one.reboot();
  one.fire('boot-check');
  const observation = { ...one.observation('b2'), conditions: { [type]: 'True' as const } };
  one.answer('observeNode', 'done', { observation });
}

function endOf(one: DecidedNode): unknown {
  const data = one.facts.findLast(({ type: fact }) => fact === 'ProcessEnded')?.data;
  return [data?.['outcome'], data?.['reason']];
}

describe('a fault that a person dismisses', () => {
  it('while its isolation waits: what waits is taken back, and nothing is done to the node', () => {
    const one = isolating();
    expect(told(one.order('dismiss')).facts).toEqual(['OrderTaken', 'StageEntered']);
    one.answer('isolateNode', 'revoked');
    expect(endOf(one)).toEqual(['Cancelled', 'Dismissed']);
    expect(one.state.faults).toEqual({});
  });

  it('while it is being isolated: that is waited for, and the node is observed before it is given back', () => {
    const one = isolating();
    one.order('dismiss');
    one.isolate();
    expect(one.process.stage).toBe('verifying');
    verify(one);
    expect(one.process.stage).toBe('returning');
    one.answer('giveBack', 'done');
    expect(endOf(one)).toEqual(['Cancelled', 'Dismissed']);
    expect(one.state.faults).toEqual({});
  });

  it('of an isolated node: it is given back although what reported it still says so, and not before it is well', () => {
    const one = isolated();
    one.order('dismiss');
    one.answer('requestMigration', 'revoked');
    const ill = { ...one.observation(), ready: 'False' as const };
    one.answer('observeNode', 'done', { observation: ill });
    one.fire('verify-check');
    const other = { ...one.observation(), conditions: { [type]: 'True' as const, Disk: 'True' as const } };
    one.answer('observeNode', 'done', { observation: other });
    expect(one.process.context.healthy).toBe(0);
    one.fire('verify-check');
    one.wait(minute).report(type, said);
    verify(one);
    expect(one.process.stage).toBe('returning');
  });

  it('while the power is switched off: a machine that went off is switched on again, and no more is done', () => {
    const one = isolated();
    one.answer('requestMigration', 'done', { pods: [] });
    one.order('dismiss');
    one.answer('powerOff', 'done');
    expect(one.process.stage).toBe('poweringOn');
    one.answer('powerOn', 'done');
    one.fire('boot-check');
    one.answer('observeNode', 'done', { observation: one.observation('b2') });
    verify(one, 'b2');
    one.answer('giveBack', 'done');
    expect(endOf(one)).toEqual(['Cancelled', 'Dismissed']);
  });

  it('while the power still waits to be switched off: it stays on', () => {
    const one = isolated();
    one.answer('requestMigration', 'done', { pods: [] });
    one.order('dismiss');
    one.answer('powerOff', 'revoked');
    expect(one.process.stage).toBe('verifying');
  });

  it('is no reason to climb the ladder: a node that is not well goes to a person', () => {
    const one = isolated();
    one.order('dismiss');
    one.answer('requestMigration', 'revoked');
    one.overdue('verify-deadline');
    expect(one.process.stage).toBe('waitingForPerson');
    expect(one.process.context.waitingFor).toContain('dismissed');
  });

  it('that fires anew after it was looked at is handled: that was not meant', () => {
    const one = isolated();
    one.order('dismiss');
    one.answer('requestMigration', 'revoked');
    one.wait(minute).report('KubeletUnhealthy', { source: 'other' });
    verify(one);
    one.answer('giveBack', 'done');
    expect(one.facts.filter(({ type: fact }) => fact === 'ProcessStarted')).toHaveLength(2);
    expect(one.process.context.faultType).toBe('KubeletUnhealthy');
  });

  it('where a person was asked: the answer is that there is none', () => {
    const one = isolated();
    one.answer('requestMigration', 'failed');
    expect(one.process.stage).toBe('waitingForPerson');
    one.order('dismiss');
    verify(one);
    one.answer('giveBack', 'done');
    expect(one.outcome).toBe('Cancelled');
  });

  it('and dismisses once more when asked: what reported it is believed no more than before', () => {
    const one = isolated();
    one.order('dismiss');
    one.answer('requestMigration', 'revoked');
    verify(one);
    one.answer('giveBack', 'failed');
    one.order('dismiss');
    verify(one);
    expect(one.process.stage).toBe('returning');
  });

  it('while the machine boots, whoever skips that wait has not taken the dismissal back', () => {
    const one = isolated();
    one.answer('requestMigration', 'done', { pods: [] });
    one.order('dismiss');
    one.answer('powerOff', 'done');
    one.answer('powerOn', 'done');
    expect(one.process.stage).toBe('booting');
    one.order('skip');
    verify(one, 'b2');
    expect(one.process.stage).toBe('returning');
  });

  it.each(['retry', 'skip', 'repaired'] as const)(
    'and with which a person then goes on after all (%s) counts again: the node was called recovered while its condition said that it is ill (seeds 20667 and 21210)',
    (order) => {
      const one = isolated();
      one.order('dismiss');
      one.answer('requestMigration', 'revoked');
      verify(one);
      one.answer('giveBack', 'failed');
      expect(one.process.stage).toBe('waitingForPerson');
      one.order(order);
      if (order === 'retry') bootAgain(one);
      verify(one, one.process.context.expected.bootId);
      expect(one.process.stage).toBe('verifying');
      expect(one.process.context.healthy).toBe(0);
    },
  );

  it('while the node is not Ready: it is looked at before that ends, for the machine was left without power', () => {
    const one = isolating();
    const silence = { source: 'detector', evidence: { condition: 'Ready', status: 'Unknown' } };
    one.report('KubeletUnhealthy', silence);
    one.order('dismiss');
    one.answer('isolateNode', 'revoked');
    expect(one.process.stage).toBe('verifying');
    one.overdue('verify-deadline');
    expect(one.process.stage).toBe('waitingForPerson');
    one.order('dismiss');
    verify(one);
    one.answer('giveBack', 'done');
    expect(endOf(one)).toEqual(['Cancelled', 'Dismissed']);
    expect(one.state.faults).toEqual({});
  });

  it('once it is being verified: too late, it is on its way', () => {
    const one = isolated();
    one.reboot();
    expect(told(one.order('dismiss')).facts).toEqual(['OrderRefused']);
  });
});
