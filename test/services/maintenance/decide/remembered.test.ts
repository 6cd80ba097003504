import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replay } from '../../../../domain/evolve.js';
import type { BootId, NodeUid } from '../../../../domain/identifiers.js';
import { canonicalJson } from '../../../../domain/json.js';
import type { Report } from '../../../../domain/report.js';
import { DecidedNode, minute, node as nodeKey, observePolicy, told } from './decided-node.js';

const day = 24 * 60 * minute;
const boot = (id: string) => ({ bootId: id as BootId });
const byAgent = (id = 'b1', about: Partial<Report> = {}): Partial<Report> => ({
  source: 'agent',
  ...boot(id),
  ...about,
});

function comes(node: DecidedNode, nodeUid: string, id?: string): ReturnType<DecidedNode['change']> {
  return node.change({
    change: 'appeared',
    nodeUid: nodeUid as NodeUid,
    ...(id === undefined ? {} : boot(id)),
  });
}

/** Deleted, and what nobody had begun with is taken back. */
function goes(node: DecidedNode): void {
  node.change({ change: 'deleted' });
  for (const { type } of node.state.process?.context.open ?? []) node.answer(type, 'revoked');
}

/** There on its first boot, and ill by the word of its agent. */
function ill(type = 'MemoryFailure', about: Partial<Report> = byAgent()): DecidedNode {
  const node = new DecidedNode();
  comes(node, 'u1', 'b1');
  node.report(type, about);
  return node.wait(minute);
}

const openTypes = ({ state }: DecidedNode): readonly string[] => Object.keys(state.faults);

describe('a fault that an agent told of once was lost when its Node object was deleted and came back on the same boot (seeds 722, 1406, 1661)', () => {
  it('is open again when the node is, and has a process as one that is reported then', () => {
    const node = ill();
    const first = node.state.faults.MemoryFailure;
    goes(node);
    expect(node.state.faults).toEqual({});
    const back = comes(node.wait(minute), 'u2', 'b1');
    expect(told(back)).toEqual({
      facts: ['NodeAppeared', 'FaultOpened', 'ProcessStarted', 'StageEntered'],
      commands: ['isolateNode'],
    });
    expect(node.state.faults.MemoryFailure).toMatchObject({
      openedAt: node.at,
      openedBy: first?.openedBy,
      sources: ['agent'],
    });
    expect(node.state.faults.MemoryFailure?.id).not.toBe(first?.id);
    expect(back.commands[0]).toMatchObject({
      expected: { nodeUid: 'u2' },
      parameters: { reportedBootId: 'b1' },
    });
    expect(back.causedBy[1]).toBe(first?.openedBy);
    expect(node.state.remembered).toBeUndefined();
  });

  it('comes back on another boot, then it is over and forgotten', () => {
    const node = ill();
    goes(node);
    expect(told(comes(node, 'u2', 'b2'))).toEqual({ facts: ['NodeAppeared'], commands: [] });
    expect(node.state.remembered).toBeUndefined();
    goes(node);
    comes(node, 'u3', 'b1');
    expect(node.state.faults).toEqual({});
  });

  it.each([
    ['', ill],
    [
      ', where nobody had heard of that one',
      () => {
        const node = new DecidedNode();
        node.report('MemoryFailure', byAgent());
        return node;
      },
    ],
  ])(
    'comes back before the process of the old one is over%s, then it stays open and has one of its own',
    (_, begin) => {
      const node = begin();
      const { id } = node.process;
      node.change({ change: 'deleted' });
      comes(node, 'u2', 'b1');
      expect(node.process.id).toBe(id);
      node.answer('isolateNode', 'revoked');
      expect(openTypes(node)).toEqual(['MemoryFailure']);
      expect(node.facts.filter(({ type }) => type === 'FaultCleared')).toEqual([]);
      expect(node.process.id).not.toBe(id);
      expect(node.commands.at(-1)).toMatchObject({ expected: { nodeUid: 'u2' } });
    },
  );

  it('comes back and its isolation was done after all, then it is given back and taken out anew', () => {
    const node = ill();
    const { id } = node.process;
    node.change({ change: 'deleted' });
    comes(node, 'u2', 'b1');
    const observation = { ...node.observation('b1'), nodeUid: 'u2' as NodeUid };
    node.answer('isolateNode', 'done', { cordoned: true, observation });
    node.answer('giveBack', 'done');
    expect(openTypes(node)).toEqual(['MemoryFailure']);
    expect(node.process.id).not.toBe(id);
    expect(node.process.stage).toBe('isolating');
  });

  it('is not found by whoever would isolate it, before its deletion is heard of', () => {
    const node = ill();
    node.answer('isolateNode', 'unneeded', { reason: 'NodeGone', nodeGone: true });
    expect(node.outcome).toBe('Cancelled');
    expect(node.state.faults).toEqual({});
    node.change({ change: 'deleted' });
    expect(told(comes(node, 'u2', 'b1')).commands).toEqual(['isolateNode']);
  });

  it('is not found, though it is there again by what is known, then it stays open for a process that means the new one', () => {
    const node = ill();
    comes(node, 'u2', 'b1');
    const again = node.answer('isolateNode', 'unneeded', { reason: 'NodeGone', nodeGone: true });
    expect(again.commands).toMatchObject([{ type: 'isolateNode', expected: { nodeUid: 'u2' } }]);
    expect(
      told(node.answer('isolateNode', 'unneeded', { reason: 'NodeGone', nodeGone: true })),
    ).toMatchObject({
      commands: [],
    });
    expect(node.state.faults).toEqual({});
  });

  it.each(['withheld', 'handedOver'] as const)('while it was left (%s), then it is handled anew', (left) => {
    const node = ill();
    if (left === 'withheld') {
      node.policy = observePolicy;
      node.answer('isolateNode', 'withheld');
    } else {
      node.order('abort');
      node.answer('isolateNode', 'revoked');
    }
    expect(node.state.faults).toMatchObject({ MemoryFailure: { left } });
    goes(node);
    expect(node.state.faults).toEqual({});
    comes(node, 'u2', 'b1');
    expect(node.process.context).toMatchObject({
      reportedBootId: 'b1',
      mode: left === 'withheld' ? 'observe' : 'active',
    });
  });

  it('goes and comes ever again, then it is one fault and one process each time, until its ladder is used up', () => {
    const node = ill();
    for (let time = 2; time < 10; time += 1) {
      goes(node);
      comes(node.wait(minute), `u${time}`, 'b1');
      comes(node, `u${time}`, 'b1');
      expect(openTypes(node)).toEqual(['MemoryFailure']);
    }
    const started = node.facts.filter(({ type }) => type === 'ProcessStarted');
    expect(started).toHaveLength(9);
    expect(node.process.context.exhausted).toBe(true);
  });

  it('had more of them, then all are open again and the strongest leads', () => {
    const node = ill('KubeletUnhealthy');
    node.report('MemoryFailure', byAgent());
    goes(node);
    comes(node, 'u2', 'b1');
    expect([...openTypes(node)].sort()).toEqual(['KubeletUnhealthy', 'MemoryFailure']);
    expect(node.process.context.faultType).toBe('MemoryFailure');
    expect(node.process.faults).toHaveLength(2);
  });

  it('comes while a process runs for what was told of it meanwhile, then it joins that one', () => {
    const node = ill();
    node.answer('isolateNode', 'unneeded', { reason: 'NodeGone', nodeGone: true });
    node.report('KubeletUnhealthy', byAgent());
    const { id } = node.process;
    expect(told(comes(node, 'u2', 'b1')).facts).toContain('FaultJoined');
    expect(node.process.id).toBe(id);
    expect(node.process.faults.map(({ type }) => type)).toEqual(['KubeletUnhealthy', 'MemoryFailure']);
  });

  it('is heard to be back late, then it is looked at before anything is done', () => {
    const node = ill();
    goes(node);
    const change = { change: 'appeared' as const, nodeUid: 'u2' as NodeUid, ...boot('b1') };
    node.decide({ kind: 'signal', signal: { kind: 'NodeChanged', change }, late: true });
    expect(node.process.stage).toBe('observing');
  });

  it('was only ever told of late, then it is looked at before anything is done', () => {
    const node = new DecidedNode();
    comes(node, 'u1', 'b1');
    node.report('MemoryFailure', byAgent(), true);
    goes(node);
    comes(node, 'u2', 'b1');
    expect(node.process.stage).toBe('observing');
  });

  it('does not say at once which boot it runs, then it is open when it does', () => {
    const node = ill();
    goes(node);
    comes(node, 'u2');
    expect(node.state.faults).toEqual({});
    node.change({ change: 'relabelled', nodeUid: 'u2' as NodeUid, ...boot('b1') });
    expect(node.state.faults).toEqual({});
    node.change({ change: 'rebooted', nodeUid: 'u2' as NodeUid, ...boot('b1') });
    expect(openTypes(node)).toEqual(['MemoryFailure']);
  });
});

describe('what is remembered of a node that is gone', () => {
  it('is forgotten when it stayed away for more than a week', () => {
    for (const [away, types] of [
      [7 * day, ['MemoryFailure']],
      [7 * day + 1, []],
    ] as const) {
      const node = ill();
      goes(node);
      comes(node.wait(away), 'u2', 'b1');
      expect(openTypes(node)).toEqual(types);
      expect(node.state.remembered).toBeUndefined();
    }
  });

  it('is forgotten when whoever told of it says that it is over', () => {
    const node = ill();
    node.report('MemoryFailure', byAgent('b1', { source: 'alert' }));
    goes(node);
    const first = node.report('MemoryFailure', byAgent('b1', { status: 'cleared' }));
    expect(first.report).toMatchObject({ fate: 'cleared' });
    expect(node.state.remembered?.MemoryFailure?.fault.sources).toEqual(['alert']);
    expect(node.report('MemoryFailure', byAgent('b1', { status: 'cleared' })).report).toMatchObject({
      fate: 'ignored',
      reason: 'NotOpen',
    });
    node.report('MemoryFailure', byAgent('b1', { status: 'cleared', source: 'alert' }));
    expect(node.state.remembered).toBeUndefined();
    expect(told(comes(node, 'u2', 'b1'))).toEqual({ facts: ['NodeAppeared'], commands: [] });
  });

  it('is open at once when it is told again, with everyone who told of it, and handled when the node is there', () => {
    const node = ill();
    goes(node);
    const again = node.report('MemoryFailure', byAgent('b1', { source: 'alert' }));
    expect(told(again)).toEqual({ facts: ['FaultOpened', 'FaultRecurred'], commands: [] });
    expect(again.report).toMatchObject({ fate: 'recurred' });
    expect(node.state.faults.MemoryFailure?.sources).toEqual(['agent', 'alert']);
    expect(told(comes(node, 'u2', 'b1')).facts).toEqual(['NodeAppeared', 'ProcessStarted', 'StageEntered']);
  });

  it('is nothing that a person dismissed', () => {
    const node = ill();
    node.isolate();
    node.order('dismiss');
    goes(node);
    comes(node, 'u2', 'b1');
    expect(node.state.faults).toEqual({});
  });

  it.each([
    ['a condition shows', 'DiskFailure', { evidence: { condition: 'XfsShutdown', status: 'True' } }],
    ['names the Node object', 'DiskFailure', { evidence: { nodeUid: 'u1' } }],
    ['says that the node is not ready', 'NodeNotReady', {}],
    ['names no boot', 'DiskFailure', { bootId: undefined }],
  ] as const)(
    'is nothing that the next Node object shows itself, or nobody can hold to a boot: %s',
    (_, type, about) => {
      const { bootId, ...others } = byAgent();
      const node = ill(type, {
        ...others,
        ...('bootId' in about ? {} : { bootId, ...about }),
      } as Partial<Report>);
      goes(node);
      expect(node.outcome).toBe('Retired');
      expect(node.state.remembered).toBeUndefined();
    },
  );

  it('is what was told by word alone, where a condition showed it as well', () => {
    const shown: Partial<Report> = {
      source: 'detector',
      ...boot('b1'),
      evidence: { nodeUid: 'u1', condition: 'XfsShutdown', status: 'True' },
    };
    for (const [first, second] of [
      [byAgent(), shown],
      [shown, byAgent()],
    ] as const) {
      const node = ill('DiskFailure', first);
      node.report('DiskFailure', second);
      goes(node);
      comes(node, 'u2', 'b1');
      expect(node.state.faults.DiskFailure).toMatchObject({ sources: ['agent'] });
      expect(node.process.context.stillFiring).toBeUndefined();
    }
  });
});

/** What may happen to a Node object whose machine does not boot, and to what is done about it. */
const happenings = fc.array(
  fc.constantFrom('goes', 'comes', 'isolated', 'given back', 'taken back', 'not there', 'said again'),
  { maxLength: 40 },
);

/** As executors end what is open; only what is revoked is taken back. */
function ends(node: DecidedNode, how: string, uid: number): void {
  const observation = { ...node.observation('b1'), nodeUid: `u${uid}` as NodeUid };
  for (const { type } of node.state.process?.context.open ?? []) {
    if (how === 'not there') node.answer(type, 'unneeded', { reason: 'NodeGone', nodeGone: true });
    else if (how === 'taken back') {
      if (node.process.stage === 'settling') node.answer(type, 'revoked');
    } else if (type === (how === 'isolated' ? 'isolateNode' : 'giveBack'))
      node.answer(type, 'done', { observation, cordoned: true });
  }
}

it('however often a node goes and comes on one boot, what was told of it is open when it is there, and one process runs', () => {
  fc.assert(
    fc.property(happenings, (happened) => {
      const node = ill();
      let uid = 1;
      for (const what of happened) {
        node.wait(1_000);
        if (what === 'goes') node.change({ change: 'deleted' });
        else if (what === 'comes') comes(node, `u${(uid += 1)}`, 'b1');
        else if (what === 'said again') node.report('MemoryFailure', byAgent());
        else ends(node, what, uid);
      }
      while (['settling', 'returning'].includes(node.state.process?.stage ?? ''))
        ends(node, 'not there', uid);
      comes(node, `u${uid + 1}`, 'b1');
      expect(openTypes(node)).toEqual(['MemoryFailure']);
      expect(node.state.remembered).toBeUndefined();
      expect(node.process.faults.map(({ id }) => id)).toContain(node.state.faults.MemoryFailure?.id);
      expect(canonicalJson(replay(nodeKey, node.facts))).toBe(canonicalJson(node.state));
    }),
    { numRuns: 500 },
  );
});
