import { expect, it } from 'vitest';

import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import type { CommandQueue } from '../../../adapters/ports/journal.js';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { runExecutor, type RunningExecutor } from '../../../services/executor/executor.js';
import { defaultExecutorSettings, type ExecutorSettings } from '../../../services/executor/settings.js';
import { batch, commandOf, nodeNamed, report, starting } from '../../contract/journal/decisions.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The queue, as far away as a database is, counting how often somebody looks for work. */
function counting(queue: CommandQueue): { readonly queue: CommandQueue; readonly looks: () => number } {
  let looks = 0;
  const claimable: CommandQueue['claimable'] = async (now, limit) => {
    looks += 1;
    const found = queue.claimable(now, limit);
    await eventLoopTurn();
    return found;
  };
  const settle: CommandQueue['settle'] = async (result, now) => {
    for (let turn = 0; turn < 5; turn += 1) await eventLoopTurn();
    return queue.settle(result, now);
  };
  const counted = new Proxy(queue, {
    get(target, name): unknown {
      if (name === 'claimable') return claimable;
      if (name === 'settle') return settle;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { queue: counted, looks: () => looks };
}

function run(
  queue: CommandQueue,
  settings: Partial<ExecutorSettings> = {},
): {
  readonly executor: RunningExecutor;
  readonly stop: () => Promise<void>;
} {
  const stopping = new AbortController();
  const executor = runExecutor({
    queue,
    clusters: new Map(),
    guard: { ask: () => Promise.resolve({ kind: 'ask', budgets: [], askAgainAt: {} }) },
    clock: systemClock,
    randomness: systemRandomness,
    settings: { ...defaultExecutorSettings, installation: 'test', ...settings },
    signal: stopping.signal,
    log: silent,
  });
  const stop = (): Promise<void> => {
    stopping.abort();
    return executor.ended;
  };
  return { executor, stop };
}

it('looks at the queue once each time it is told of something: it looked twice', async () => {
  const { journal, commands } = createMemoryJournal(defaultOptions(new TestClock()));
  const { queue, looks } = counting(commands);
  const { executor, stop } = run(queue);
  await expect.poll(() => executor.underWay()).toBe(0);
  expect(looks()).toBe(1);
  const node = nodeNamed('n1');
  const command = commandOf(node, 1);
  await journal.advance(batch([report(node)], { decide: starting([command]) }));
  // No such cluster: the command ends at once.
  await expect.poll(() => commands.nextDue(0)).toBeUndefined();
  await expect.poll(() => executor.underWay()).toBe(0);
  expect(looks()).toBe(2);
  await stop();
});

it('asks again for what waits although another command was under work when it went to sleep: it waited for ever (simulation seed 142)', async () => {
  const { journal, commands } = createMemoryJournal(defaultOptions(new TestClock()));
  const [n1, n2] = [nodeNamed('n1'), nodeNamed('n2')];
  const [now, later] = [commandOf(n1, 1), commandOf(n2, 1)];
  await journal.advance(batch([report(n1)], { decide: starting([now]) }));
  await journal.advance(batch([report(n2)], { decide: starting([later]) }));
  await commands.postpone(later.id, { until: Date.now() + 50, reason: 'BudgetFull' });
  const { stop } = run(counting(commands).queue);
  await expect.poll(() => commands.nextDue(0)).toBeUndefined();
  await stop();
});

it('given one place, when a result is only to be stored, then the next node is begun: API server and journal rested in turn', async () => {
  const { journal, commands } = createMemoryJournal(defaultOptions(new TestClock()));
  for (const node of [nodeNamed('n1'), nodeNamed('n2')])
    await journal.advance(batch([report(node)], { decide: starting([commandOf(node, 1)]) }));
  const stored: (() => void)[] = [];
  const queue = new Proxy(commands, {
    get(target, name): unknown {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name !== 'settle') return member.bind(target);
      return async (...given: Parameters<CommandQueue['settle']>) => {
        await new Promise<void>((resolve) => stored.push(resolve));
        return target.settle(...given);
      };
    },
  });
  const { executor, stop } = run(queue, { concurrency: 1 });
  await expect.poll(() => stored.length).toBe(2);
  // It is not done all the same: a clock that jumps has to wait for it.
  expect(executor.underWay()).toBeGreaterThan(0);
  for (const go of stored) go();
  await expect.poll(() => commands.nextDue(0)).toBeUndefined();
  await stop();
});
