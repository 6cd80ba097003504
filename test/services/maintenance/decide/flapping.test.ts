import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../domain/fact.js';
import type { Decision } from '../../../../domain/decision.js';
import type { BootId } from '../../../../domain/identifiers.js';
import type { Policy } from '../../../../workflows/policy.js';
import { activePolicy, DecidedNode, minute, observePolicy, told } from './decided-node.js';

const type = 'KernelDeadlock';
const b1 = 'b1' as BootId;

/** A node whose fault was cleared `times` times, once a minute, and fires now. */
function flapped(times: number, policy: Policy = activePolicy, source = 'npd'): DecidedNode {
  const node = new DecidedNode(policy);
  for (let time = 0; time < times; time += 1) {
    node.wait(minute).report(type, { source });
    settle(node);
    node.report(type, { source, status: 'cleared' });
    settle(node);
  }
  node.wait(minute).report(type, { source });
  return node;
}

/** Whoever is asked to do something finds that it is not needed, or is withheld. */
function settle(node: DecidedNode): void {
  const open = node.state.process?.context.open[0];
  if (open === undefined) return;
  const isWithheld = node.policy === observePolicy;
  node.answer(open.type, isWithheld ? 'withheld' : 'revoked');
}

function fates({ report }: Decision): unknown {
  return [report?.fate, report?.reason];
}

describe('given a fault that was cleared three times within an hour', () => {
  it('when it fires again, then it is one fault that flaps, and the fact says so', () => {
    const node = flapped(3);
    expect(node.state.faults[type]).toMatchObject({ flapping: true });
    expect(node.facts.findLast((fact: Fact) => fact.type === 'FaultOpened')?.data['fault']).toMatchObject({
      flapping: true,
    });
  });

  it('when its reporter clears it while its process runs, then nothing changes but the count', () => {
    const node = flapped(3);
    const process = node.process.id;
    const decision = node.report(type, { status: 'cleared' });
    expect(told(decision)).toEqual({ facts: [], commands: [] });
    expect(fates(decision)).toEqual(['ignored', 'Flapping']);
    expect(decision.report?.faultId).toBe(node.state.faults[type]?.id);
    expect(fates(node.report(type))).toEqual(['repeated', undefined]);
    expect(node.process.id).toBe(process);
  });

  it('when its node was seen to be well, then it is over', () => {
    const node = flapped(3);
    node.isolate();
    node.reboot();
    node.report(type, { status: 'cleared', bootId: b1 });
    node.recover();
    expect(node.outcome).toBe('Recovered');
    expect(node.state.faults).toEqual({});
  });

  it('when it was left to a person, then its reporter is believed: nobody else looks', () => {
    const node = flapped(3);
    node.isolate();
    node.order('abort');
    settle(node);
    node.answer('handOver', 'done');
    expect(node.state.faults[type]).toMatchObject({ left: 'handedOver', flapping: true });
    expect(fates(node.report(type, { status: 'cleared' }))).toEqual(['cleared', undefined]);
    expect(node.state.faults).toEqual({});
  });

  it('when the mode withholds, then it stays one open fault until the mode is active and the node was looked at', () => {
    const node = flapped(3, observePolicy);
    settle(node);
    expect(node.state.faults[type]).toMatchObject({ left: 'withheld', flapping: true });
    const version = node.state.version;
    for (let time = 0; time < 1_000; time += 1) {
      node.wait(10_000).report(type, { status: 'cleared' });
      node.wait(10_000).report(type);
    }
    expect(node.state.version).toBe(version);
    node.policy = activePolicy;
    node.signal({ kind: 'ModeActivated', policy: activePolicy.version });
    expect(node.process.stage).toBe('observing');
    node.answer('observeNode', 'done', { observation: node.observation() });
    expect(node.state.faults).toEqual({});
  });
});

describe('given a fault that was cleared less often', () => {
  it.each([0, 1, 2])('when it was %i times, then its reporter is believed', (times) => {
    const node = flapped(times);
    expect(node.state.faults[type]?.flapping).toBeUndefined();
    expect(fates(node.report(type, { status: 'cleared' }))).toEqual(['cleared', undefined]);
    expect(node.state.faults).toEqual({});
  });

  it.each([
    ['an hour ago', 57 * minute, undefined],
    ['less than an hour ago', 57 * minute - 1, true],
  ])(
    'when the first of the three times was %s, then that decides whether it flaps',
    (_when, later, flapping) => {
      const node = flapped(2);
      node.report(type, { status: 'cleared' });
      settle(node);
      // The first clear was two minutes before the third.
      node.wait(later + minute).report(type);
      expect(node.state.faults[type]?.flapping).toBe(flapping);
    },
  );

  it('when another type flaps, then this one does not', () => {
    const node = flapped(3);
    node.report('ReadonlyFilesystem');
    expect(node.state.faults.ReadonlyFilesystem?.flapping).toBeUndefined();
  });
});

it('when one of two reporters comes and goes, then the fault flaps as well, and keeps both', () => {
  const node = new DecidedNode();
  node.report(type, { source: 'steady' });
  for (let time = 0; time < 3; time += 1) {
    node.report(type, { source: 'restless' });
    node.report(type, { source: 'restless', status: 'cleared' });
  }
  node.report(type, { source: 'restless' });
  expect(node.state.faults[type]).toMatchObject({ flapping: true, sources: ['steady', 'restless'] });
  expect(told(node.report(type, { source: 'restless', status: 'cleared' })).facts).toEqual([]);
  expect(node.state.faults[type]?.sources).toEqual(['steady', 'restless']);
});
