import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../../domain/decision.js';
import type { Signal } from '../../../../domain/signal.js';
import { DecidedNode, minute, start } from './decided-node.js';

/** A node that is being verified after its reboot, seen well once. */
function verifying(): DecidedNode {
  const node = new DecidedNode();
  node.report('KernelDeadlock');
  node.isolate();
  node.reboot();
  node.change({
    change: 'appeared',
    nodeUid: node.observation().nodeUid,
    bootId: node.observation('b2').bootId,
  });
  node.answer('observeNode', 'done', { observation: node.observation('b2') });
  expect(node.process.stage).toBe('verifying');
  return node;
}

/** A copy whose clock is ahead fires it, before it is due. */
function fireEarly(node: DecidedNode, timer: string, aheadMs: number): Decision {
  const { id: processId, context } = node.process;
  const signal: Signal = { kind: 'TimerFired', processId, stageEntry: context.stageEntry, timer };
  return node.decide({ kind: 'signal', signal, saidAt: node.at + aheadMs });
}

describe('given a clock that is 90 s ahead', () => {
  it('when it fires the next look of a verification at once, then nothing is looked at before it is due', () => {
    const node = verifying();
    node.answer('observeNode', 'done', { observation: node.observation('b2') });
    const due = node.process.context.timersDue?.['verify-check'] ?? 0;
    expect(due).toBeGreaterThan(start);
    const early = fireEarly(node, 'verify-check', 90_000);
    expect(early.commands).toEqual([]);
    expect(early.facts.map(({ type }) => type)).toEqual(['SignalIgnoredAsStale']);
    expect(early.timers).toMatchObject([{ name: 'verify-check', dueAt: due + 90_000 }]);
    node.at = due;
    expect(fireEarly(node, 'verify-check', 90_000).commands.map(({ type }) => type)).toEqual(['observeNode']);
  });

  it('when it fires early again, then each time is set for another instant: what fires twice for one is heard once', () => {
    const node = verifying();
    node.answer('observeNode', 'done', { observation: node.observation('b2') });
    const set = [1, 1, 0].map((aheadMs) => fireEarly(node, 'verify-check', aheadMs).timers[0]?.dueAt ?? 0);
    expect(new Set(set).size).toBe(3);
    expect(set).toEqual([...set].sort((a, b) => a - b));
  });

  it('when it says that a stage lasts too long, then that is heard when it does', () => {
    const node = verifying();
    node.wait(minute);
    expect(fireEarly(node, 'stage-overdue', 90_000).facts.map(({ type }) => type)).toEqual([
      'SignalIgnoredAsStale',
    ]);
    expect(node.fire('stage-overdue').facts.map(({ type }) => type)).toEqual(['StageOverdue']);
  });
});

it('given a stage that lasts and lasts, then that is said more and more seldom: what nobody answered was said every hour for ever', () => {
  const node = verifying();
  const { stageMaximumAgeMs } = node.process.context.recipe;
  const ages = Array.from({ length: 7 }, () => {
    const due = node.process.context.timersDue?.['stage-overdue'] ?? node.at;
    node.wait(due - node.at);
    expect(node.fire('stage-overdue').facts.map(({ type }) => type)).toEqual(['StageOverdue']);
    return (node.at - node.process.context.enteredAt) / stageMaximumAgeMs;
  });
  expect(ages).toEqual([1, 2, 4, 8, 16, 32, 56]);
});

it('given a process that was begun when nobody wrote down what is due, when its timer fires, then it is heard', () => {
  const node = verifying();
  node.answer('observeNode', 'done', { observation: node.observation('b2') });
  const { timersDue: _unknown, ...context } = node.process.context;
  node.state = { ...node.state, process: { ...node.process, context } };
  expect(fireEarly(node, 'verify-check', 0).commands.map(({ type }) => type)).toEqual(['observeNode']);
});
