import { expect, it } from 'vitest';

import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import type { CommandQueue } from '../../../adapters/ports/journal.js';
import { systemClock, systemRandomness } from '../../../adapters/clock/system-clock.js';
import { runExecutor } from '../../../services/executor/executor.js';
import { defaultExecutorSettings } from '../../../services/executor/settings.js';
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

it('looks at the queue once each time it is told of something: it looked twice', async () => {
  const { journal, commands } = createMemoryJournal(defaultOptions(new TestClock()));
  const { queue, looks } = counting(commands);
  const stopping = new AbortController();
  const executor = runExecutor({
    queue,
    clusters: new Map(),
    guard: { ask: () => Promise.resolve({ kind: 'ask', budgets: [], askAgainAt: {} }) },
    clock: systemClock,
    randomness: systemRandomness,
    settings: { ...defaultExecutorSettings, installation: 'test' },
    signal: stopping.signal,
    log: silent,
  });
  await expect.poll(() => executor.underWay()).toBe(0);
  expect(looks()).toBe(1);
  const node = nodeNamed('n1');
  const command = commandOf(node, 1);
  await journal.advance(batch([report(node)], { decide: starting([command]) }));
  // No such cluster: the command ends at once.
  await expect.poll(() => commands.nextDue()).toBeUndefined();
  await expect.poll(() => executor.underWay()).toBe(0);
  expect(looks()).toBe(2);
  stopping.abort();
  await executor.ended;
});
