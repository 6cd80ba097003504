import { describe, expect, it } from 'vitest';
import { cordonKept } from '../../../../domain/command.js';
import type { NodeUid, ProcessId } from '../../../../domain/identifiers.js';
import type { Orphan } from '../../../../domain/signal.js';
import { DecidedNode, observePolicy, told } from './decided-node.js';

const unknown = 'p-unknown000000000' as ProcessId;
const orphan: Orphan = {
  owner: `inst1.${unknown}`,
  processId: unknown,
  nodeUid: 'u1' as NodeUid,
  atOnce: 1,
};

function found(changes: Partial<Orphan> = {}, node = new DecidedNode()): DecidedNode {
  node.signal({ kind: 'OrphanFound', orphan: { ...orphan, ...changes } });
  return node;
}

function looksWell(node: DecidedNode): void {
  node.answer('observeNode', 'done', { observation: node.observation() });
  node.fire('verify-check');
  node.answer('observeNode', 'done', { observation: node.observation() });
}

describe('isolation of ours that no process of this journal made', () => {
  it('given it is found, then that is told and the node is observed before anything else', () => {
    const node = found();
    expect(node.facts.map(({ type }) => type).slice(0, 2)).toEqual(['IsolationOrphaned', 'ProcessStarted']);
    expect(node.process).toMatchObject({ workflow: 'reclaim', stage: 'verifying' });
    expect(node.commands.map(({ type }) => type)).toEqual(['observeNode']);
  });

  it('given the node is seen to be well, then exactly that isolation is taken back, by a command with a permit', () => {
    const node = found();
    looksWell(node);
    const [last] = node.commands.slice(-1);
    expect(last).toMatchObject({ type: 'reclaimNode', parameters: { owner: unknown } });
    node.answer('reclaimNode', 'done');
    expect(node.outcome).toBe('Recovered');
    expect(node.state.process).toBeUndefined();
  });

  it('given a person cordoned the node too, then the process says that it left that where it was', () => {
    const node = found();
    looksWell(node);
    node.answer('reclaimNode', 'done', { reason: cordonKept });
    expect(node.facts.at(-1)?.data).toMatchObject({ outcome: 'Recovered', reason: cordonKept });
  });

  it('given the node is not seen to be well in time, then a person is asked and nothing is given back', () => {
    const node = found();
    node.overdue('verify-deadline');
    expect(node.process).toMatchObject({ stage: 'waitingForPerson' });
    expect(node.process.context.waitingFor).toMatch(/not seen to be well/);
    expect(node.commands.map(({ type }) => type)).not.toContain('reclaimNode');
  });

  it('given more than three at once, then nothing is done until a person orders it', () => {
    const node = found({ atOnce: 4 });
    expect(node.process.stage).toBe('waitingForPerson');
    expect(node.commands).toEqual([]);
    node.order('retry');
    looksWell(node);
    expect(node.commands.at(-1)?.type).toBe('reclaimNode');
  });

  it('given three at once, then they are still looked at one by one', () => {
    expect(found({ atOnce: 3 }).process.stage).toBe('verifying');
  });

  it('given a person aborts, then the isolation is handed over in the name of who made it', () => {
    const node = found({ atOnce: 4 });
    node.order('abort');
    expect(node.commands.at(-1)).toMatchObject({ type: 'handOver', parameters: { owner: unknown } });
  });

  it("given another installation's isolation, then it is told and never touched", () => {
    const node = new DecidedNode();
    const { processId: _none, ...foreign } = orphan;
    const decision = node.signal({ kind: 'OrphanFound', orphan: foreign });
    expect(told(decision)).toEqual({ facts: ['IsolationOrphaned'], commands: [] });
    expect(node.state.process).toBeUndefined();
  });

  it('given the process is the active one after all, then it is no orphan', () => {
    const node = new DecidedNode();
    node.report('DiskFailure');
    const decision = node.signal({
      kind: 'OrphanFound',
      orphan: { ...orphan, processId: node.process.id },
    });
    expect(told(decision).facts).toEqual(['SignalIgnoredAsStale']);
  });

  it('given another process is at work, then it is only told', () => {
    const node = new DecidedNode();
    node.report('DiskFailure');
    const { id } = node.process;
    expect(told(found({}, node).signal({ kind: 'OrphanFound', orphan })).commands).toEqual([]);
    expect(node.process.id).toBe(id);
  });

  it('given a fault fires meanwhile, then its workflow adopts the isolation without giving the node back', () => {
    const node = found();
    node.report('DiskFailure');
    node.answer('observeNode', 'revoked');
    expect(node.process).toMatchObject({ workflow: 'hardware-repair', stage: 'isolating' });
    expect(node.commands.at(-1)).toMatchObject({ type: 'isolateNode', parameters: { adopts: unknown } });
    node.isolate();
    expect(node.process.context).not.toHaveProperty('reclaims');
  });

  it('given the mode is observe, then what it would do is withheld', () => {
    const node = found({}, new DecidedNode(observePolicy));
    looksWell(node);
    expect(node.commands.at(-1)).toMatchObject({ type: 'reclaimNode', mode: 'observe' });
    node.answer('reclaimNode', 'withheld', { reason: 'ModeObserve' });
    expect(node.facts.at(-1)?.data).toMatchObject({ outcome: 'Cancelled', reason: 'Withheld' });
  });
});
