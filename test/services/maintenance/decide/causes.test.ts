import { describe, expect, it } from 'vitest';
import { eventIdOf, parseEventId } from '../../../../domain/event-number.js';
import type { Decision } from '../../../../domain/decision.js';
import type { FactType } from '../../../../domain/fact.js';
import type { NodeKey, NodeUid, ProcessId } from '../../../../domain/identifiers.js';
import { activePolicy, DecidedNode, node as key, observePolicy } from './decided-node.js';

/** By the event of each fact and the id of each input, what it follows from. */
class Way {
  readonly #causes = new Map<string, string | undefined>();

  took(decision: Decision): Decision {
    decision.facts.forEach(({ version }, index) => {
      this.#causes.set(eventIdOf(key, { epoch: 1, version }), decision.causedBy[index]);
    });
    return decision;
  }

  /** A record of others, and what it names as its cause. */
  said(id: string, cause?: string): void {
    this.#causes.set(id, cause);
  }

  from(id: string): readonly string[] {
    const cause = this.#causes.get(id);
    return cause === undefined ? [id] : [id, ...this.from(cause)];
  }
}

const eventOf = (decision: Decision, type: FactType): string => {
  const fact = decision.facts.find((one) => one.type === type);
  if (fact === undefined) throw new Error(`no ${type}`);
  return eventIdOf(key, { epoch: 1, version: fact.version });
};

const causeOf = (decision: Decision, type: FactType): string | undefined =>
  decision.causedBy[decision.facts.findIndex((one) => one.type === type)];

/** Isolated; answers name the event that issued their command, as the journal has it. */
function isolated(): { node: DecidedNode; way: Way; entered: string } {
  const node = new DecidedNode();
  const way = new Way();
  way.took(node.report('KernelDeadlock'));
  const [isolate] = node.commands;
  const settled = way.took(node.answer('isolateNode', 'done', { observation: node.observation() }));
  way.said(settled.facts[0]?.causeId ?? '', isolate?.issuedBy);
  return { node, way, entered: eventOf(settled, 'StageEntered') };
}

describe('what a fact follows from', () => {
  it('given a report that begins a process, then stage, process and fault lead back to it', () => {
    const decision = new DecidedNode().report('KernelDeadlock');
    const way = new Way();
    way.took(decision);
    expect(way.from(eventOf(decision, 'StageEntered'))).toEqual([
      eventOf(decision, 'StageEntered'),
      eventOf(decision, 'ProcessStarted'),
      'r-1',
    ]);
    expect(causeOf(decision, 'FaultOpened')).toBe('cause-1');
  });

  it('given a command or a timer, then it names the event that told of it', () => {
    const decision = new DecidedNode().report('KernelDeadlock');
    const entered = eventOf(decision, 'StageEntered');
    expect(decision.commands.map(({ issuedBy }) => issuedBy)).toEqual([entered]);
    expect(new Set(decision.timers.map(({ issuedBy }) => issuedBy))).toEqual(new Set([entered]));
  });

  it('given an answer, then the way leads through it to the command, and on to the report', () => {
    const { way, entered } = isolated();
    expect(way.from(entered)).toEqual([
      entered,
      'cause-2',
      eventIdOf(key, { epoch: 1, version: 3 }),
      eventIdOf(key, { epoch: 1, version: 2 }),
      'r-1',
    ]);
  });

  it('given what the detector saw, then the process goes on from the stage that it met', () => {
    const { node, way } = isolated();
    node.answer('requestMigration', 'done', { pods: [] });
    way.took(node.change({ change: 'deleted' }));
    const gone = node.change({ change: 'appeared', nodeUid: 'u2' as NodeUid });
    expect(causeOf(gone, 'NodeAppeared')).toBe(gone.facts[0]?.causeId);
    const met = node.facts.findLast(
      ({ type, version }) => type === 'StageEntered' && version < (gone.facts[0]?.version ?? 0),
    );
    expect(causeOf(gone, 'StageEntered')).toBe(eventIdOf(key, { epoch: 1, version: met?.version ?? 0 }));
  });

  it('given an order, then that it was taken follows from the order, and the rest from the stage that it met', () => {
    const { node, entered } = isolated();
    const ordered = node.order('abort');
    expect(causeOf(ordered, 'OrderTaken')).toBe(ordered.facts[0]?.causeId);
    expect(causeOf(ordered, 'StageEntered')).toBe(entered);
  });

  it('given an order that says what it is an answer to, then the way leads through the order', () => {
    const { node, entered } = isolated();
    const about = parseEventId(key, entered);
    const order = { kind: 'abort', processId: node.process.id, subject: 'anna', reason: 'because' } as const;
    const ordered = node.decide({
      kind: 'signal',
      signal: { kind: 'Order', order },
      ...(about === undefined ? {} : { causedBy: about }),
    });
    expect(causeOf(ordered, 'StageEntered')).toBe(ordered.facts[0]?.causeId);
  });

  it.each([
    ['of a later version', { epoch: 1, version: 9_999 }],
    ['of a later epoch', { epoch: 2, version: 1 }],
  ])(
    'given an answer to an event %s, which nobody published, then it counts as from outside',
    (_, causedBy) => {
      const { node, entered } = isolated();
      const order = {
        kind: 'abort',
        processId: node.process.id,
        subject: 'anna',
        reason: 'because',
      } as const;
      const ordered = node.decide({ kind: 'signal', signal: { kind: 'Order', order }, causedBy });
      expect(causeOf(ordered, 'StageEntered')).toBe(entered);
    },
  );

  it('given a fault that is taken up by a later report, then its process follows from the first one', () => {
    const node = new DecidedNode(observePolicy);
    node.report('KernelDeadlock');
    node.answer('isolateNode', 'withheld', { reason: 'ModeObserve' });
    node.policy = activePolicy;
    const again = node.report('KernelDeadlock');
    expect(causeOf(again, 'FaultRecurred')).toBe('cause-3');
    expect(causeOf(again, 'ProcessStarted')).toBe('r-1');
  });

  it('given an isolation without a process, then its process follows from who found it', () => {
    const node = new DecidedNode();
    const found = node.signal({
      kind: 'OrphanFound',
      orphan: {
        owner: 'x.p-lost',
        processId: 'p-lost' as ProcessId,
        nodeUid: 'u1' as NodeUid,
        atOnce: 1,
      },
    });
    expect(causeOf(found, 'ProcessStarted')).toBe('cause-1');
    expect(causeOf(found, 'StageEntered')).toBe(eventOf(found, 'ProcessStarted'));
  });

  it('given a process of a release that did not write down its stage, then it follows from its inputs', () => {
    const { node } = isolated();
    const { enteredBy: _unknown, ...process } = node.process;
    node.state = { ...node.state, process };
    const ordered = node.order('abort');
    expect(causeOf(ordered, 'StageEntered')).toBe(ordered.facts[0]?.causeId);
  });
});

describe('the id of an event', () => {
  it('names its fact, of its own node only', () => {
    const number = { epoch: 2, version: 17 };
    expect(eventIdOf(key, number)).toBe('a/n1@2.17/ProcessEvent');
    expect(parseEventId(key, eventIdOf(key, number, 'ProcessEnded'))).toEqual(number);
    expect(parseEventId('a/n' as NodeKey, eventIdOf(key, number))).toBeUndefined();
    for (const other of ['', 'a/n1', 'a/n1@', 'a/n1@1.2', 'a/n1@1/ProcessEvent', 'a/n1@-1.2/ProcessEvent']) {
      expect(parseEventId(key, other)).toBeUndefined();
    }
  });
});
