import { describe, expect, it } from 'vitest';
import type { BootId } from '../../../../domain/identifiers.js';
import { activePolicy, DecidedNode, minute, node, observePolicy, told } from './decided-node.js';

const type = 'KernelDeadlock';
const boot = (id: string) => ({ bootId: id as BootId });

/** All that is said of a report: nothing missing, and nothing more. */
function common(decided: DecidedNode, number: number, source = 'npd') {
  return { reportId: `r-${number}`, node, type, source, at: decided.at };
}

describe('the fate of a report says all there is to say, and no more', () => {
  it('when it opens, repeats, recurs and clears, with fault and process', () => {
    const one = new DecidedNode();
    const opened = one.report(type);
    const processId = one.process.id;
    const faultId = one.state.faults[type]?.id;
    const about = { faultId, processId };
    expect(opened.report).toStrictEqual({ ...common(one, 1), fate: 'opened', ...about });
    expect(one.report(type).report).toStrictEqual({ ...common(one, 2), fate: 'repeated', ...about });
    const recurred = one.report(type, { source: 'agent' });
    expect(recurred.report).toStrictEqual({ ...common(one, 3, 'agent'), fate: 'recurred', ...about });
    expect(recurred.facts[0]?.data).toMatchObject({
      source: 'agent',
      reportId: 'r-3',
      fault: { id: faultId },
    });
    const partly = one.report(type, { status: 'cleared' });
    expect(partly.report).toStrictEqual({ ...common(one, 4), fate: 'cleared', ...about });
    expect(partly.facts[0]).toMatchObject({
      type: 'FaultSourceCleared',
      data: { source: 'npd', reportId: 'r-4', fault: { id: faultId } },
    });
    expect(one.state.faults[type]?.sources).toEqual(['agent']);
  });

  it('when it is ignored, with the reason and without a process that has nothing to do with it', () => {
    const one = new DecidedNode();
    one.report('ReadonlyFilesystem');
    const ignored = one.report(type, { status: 'cleared' });
    expect(ignored.report).toStrictEqual({ ...common(one, 2), fate: 'ignored', reason: 'NotOpen' });
  });

  it('when it clears a fault that nobody handles, without a process', () => {
    const one = new DecidedNode(observePolicy);
    one.report(type);
    one.answer('isolateNode', 'withheld');
    const faultId = one.state.faults[type]?.id;
    const cleared = one.report(type, { status: 'cleared' });
    expect(cleared.report).toStrictEqual({ ...common(one, 3), fate: 'cleared', faultId });
  });
});

describe('a report of the past', () => {
  const sequenced = (sequence: number, id = 'b1') => ({ source: 'agent', sequence, ...boot(id) });
  function cleared(): DecidedNode {
    const one = new DecidedNode(observePolicy);
    one.report(type, sequenced(5));
    one.answer('isolateNode', 'withheld');
    one.report(type, { ...sequenced(6), status: 'cleared' });
    return one;
  }

  it.each([
    ['of the number that cleared it', sequenced(6), 'StaleSequence'],
    ['of an earlier number', sequenced(5), 'StaleSequence'],
    ['of the next number', sequenced(7), undefined],
    ['of an earlier number on another boot', sequenced(5, 'b2'), undefined],
    ['without a number', { source: 'agent', ...boot('b1') }, undefined],
    ['of an earlier number of another source', { ...sequenced(5), source: 'other' }, undefined],
  ])(
    'given an agent cleared its fault, when it fires %s, then it is stale or not',
    (_which, about, reason) => {
      expect(cleared().report(type, about).report?.reason).toBe(reason);
    },
  );

  it('given another boot since, when a boot that is over clears, then that is stale; the present one is believed', () => {
    const one = new DecidedNode();
    one.change({ change: 'rebooted', ...boot('b1') });
    one.report(type, boot('b1'));
    one.change({ change: 'rebooted', ...boot('b2') });
    const { report, facts } = one.report(type, { status: 'cleared', ...boot('b1') });
    expect(report).toMatchObject({ fate: 'ignored', reason: 'StaleBoot' });
    expect(facts).toEqual([]);
    expect(one.report(type, { status: 'cleared', ...boot('b2') }).report?.fate).toBe('cleared');
  });

  it('given it was believed without a boot id, then it is cleared without one', () => {
    const one = new DecidedNode();
    one.change({ change: 'rebooted', ...boot('b1') });
    one.report(type);
    expect(one.report(type, { status: 'cleared' }).report?.fate).toBe('cleared');
  });

  function recovered(): DecidedNode {
    const one = new DecidedNode();
    one.report(type);
    one.isolate();
    one.reboot();
    one.recover();
    expect(one.outcome).toBe('Recovered');
    return one;
  }

  it.each([
    ['just before', 5 * minute - 1, 'Settling'],
    ['as soon as', 5 * minute, undefined],
  ])(
    'given a recovery, when a source without boot ids fires %s its settle time is over',
    (_when, later, reason) => {
      expect(recovered().wait(later).report(type).report?.reason).toBe(reason);
    },
  );

  it('given a fault that opened since, when it is said again within the settle time, then it is no less open', () => {
    const one = recovered();
    one.report(type, boot('b2'));
    expect(one.report(type, { source: 'other' }).report).toMatchObject({ fate: 'recurred' });
    expect(one.report(type).report).toMatchObject({ fate: 'repeated' });
  });
});

describe('a fault that is open', () => {
  function handedOver(): DecidedNode {
    const one = new DecidedNode();
    one.report(type, boot('b1'));
    one.isolate();
    one.order('abort');
    one.answer('requestMigration', 'revoked');
    one.answer('handOver', 'done');
    expect(one.state.faults[type]).toMatchObject({ left: 'handedOver' });
    return one;
  }

  it.each([
    ['the same boot', boot('b1'), 'repeated'],
    ['no boot', {}, 'repeated'],
    ['another boot', boot('b2'), 'recurred'],
  ])('given a person has it, when it fires on %s, then that is new evidence or not', (_boot, about, fate) => {
    expect(handedOver().report(type, about).report?.fate).toBe(fate);
  });

  it('given it was withheld, when it fires while the mode is active, then it is taken up with the boot that is known', () => {
    const one = new DecidedNode(observePolicy);
    one.report(type, boot('b1'));
    one.answer('isolateNode', 'withheld');
    one.policy = activePolicy;
    const { facts, report } = one.report(type);
    expect(report?.fate).toBe('recurred');
    expect(facts[0]).toMatchObject({ type: 'FaultRecurred', data: { source: 'npd', reportId: 'r-3' } });
    expect(one.state.faults[type]).toMatchObject({ bootId: 'b1' });
    expect(one.state.faults[type]).not.toHaveProperty('left');
  });

  it('remembers its latest sixteen reporters', () => {
    const one = new DecidedNode();
    for (let source = 0; source < 18; source += 1) one.report(type, { source: `s${source}` });
    expect(one.state.faults[type]?.sources).toEqual(
      Array.from({ length: 16 }, (_, index) => `s${index + 2}`),
    );
  });

  it('is one of at most thirty-two that its process names, the first ones', () => {
    const one = new DecidedNode();
    one.report('DiskFailure');
    const first = one.process.faults[0];
    for (let times = 0; times < 40; times += 1) {
      one.wait(21 * minute).report('ReadonlyFilesystem');
      one.report('ReadonlyFilesystem', { status: 'cleared' });
    }
    expect(one.process.faults).toHaveLength(32);
    expect(one.process.faults[0]).toEqual(first);
  });

  it('is news to a process that verifies only when it has seen the node well', () => {
    const one = new DecidedNode();
    one.report(type);
    one.isolate();
    one.reboot();
    one.fire('boot-check');
    const healthy = { observation: one.observation('b2') };
    one.answer('observeNode', 'done', healthy);
    expect(one.process).toMatchObject({ stage: 'verifying', context: { healthy: 0 } });
    expect(told(one.report(type)).facts).toEqual([]);
    one.answer('observeNode', 'done', healthy);
    expect(one.process.context.healthy).toBe(1);
    expect(told(one.report(type)).facts).toEqual(['ProcessAdvanced']);
    expect(one.process.context.healthy).toBe(0);
  });
});
