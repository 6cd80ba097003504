import { beforeEach, describe, expect, it, vi } from 'vitest';

import { systemRandomness } from '../../../adapters/clock/system-clock.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { ChangeRow } from '../../../adapters/ports/change-book.js';
import type { PermitAnswer } from '../../../adapters/ports/change-guard.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import type { Operation } from '../../../domain/command.js';
import type { NodeChange } from '../../../domain/change.js';
import type { SeenHealth } from '../../../domain/seen-health.js';
import { keepsAfterMs } from '../../../adapters/journal/kept-rooms.js';
import type { BudgetClaim } from '../../../adapters/ports/journal.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { awaitLeave } from '../../../services/console/await-leave.js';
import { changeNamed } from '../../contract/journal/changes-suite.js';
import { claimCommand, issueCommands } from '../../contract/journal/claiming.js';
import {
  batch,
  budgetOf,
  commandOf,
  ending,
  nodeNamed,
  report,
  resultOf,
} from '../../contract/journal/decisions.js';

const now = 1_000_000;
/** Nothing but rests between two looks comes to an end: what has to be heard of is not found out by time. */
const stopped: Clock = {
  now: () => now,
  fromLogTime: (wallMs) => wallMs,
  waitUntil: (instant, signal) =>
    instant - now < 10_000
      ? Promise.resolve()
      : new Promise((resolve) => {
          signal?.addEventListener('abort', () => {
            resolve();
          });
        }),
};

let journal: OpenJournal;
let asked: number;
let health: SeenHealth;

beforeEach(async () => {
  asked = 0;
  health = { health: 'healthy', conditions: [], at: now };
  journal = createMemoryJournal({
    clock: stopped,
    randomness: systemRandomness,
    writer: createOutboxWriter({ source: '/faultline/test', epoch: 1 }),
    partitionCount: 1,
    outboxPartitions: 1,
    verify: true,
  });
  await journal.upkeep.resume();
});

/** One at a time, and a guard that says to come again in an hour. */
function source(...more: readonly BudgetClaim[]) {
  const budget = budgetOf('isolate/in-flight/a', 1, 'returned');
  const leave: PermitAnswer = {
    kind: 'ask',
    budgets: [budget, ...more],
    askAgainAt: { [budget.counter]: now + 3_600_000 },
    guardVersion: 0,
  };
  const askFor = (): Promise<PermitAnswer> => {
    asked += 1;
    return Promise.resolve(leave);
  };
  return {
    ...{ book: journal.changeBook, permits: journal.commands, guard: { askFor }, clock: stopped },
    healthOf: () => Promise.resolve(health),
    isOnlyForHealthy: (operation: Operation) => operation === 'reimage',
  };
}

const keep = (name: string, given: Partial<NodeChange> = {}): Promise<ChangeRow> =>
  journal.changeBook.keep(changeNamed(name, { leaseMs: 3_600_000, ...given }), 0);

describe('leave that is waited for', () => {
  it('given that somebody gives it back, then it is there at once', async () => {
    const gone = new AbortController().signal;
    const first = await awaitLeave(source(), await keep('n1'), { waitMs: 0, gone });
    const second = awaitLeave(source(), await keep('n2'), { waitMs: 60_000, gone });
    await journal.changeBook.end(first.change.id, { how: 'succeeded', by: 'deployer', at: now });
    expect((await second).granted).toBeDefined();
  });

  it('given that a process which is over holds it, then there is leave at once: it was held for up to an hour', async () => {
    const isolate = commandOf(nodeNamed('n1'), 1, 'isolateNode');
    await issueCommands(journal, [isolate]);
    const budgets = [budgetOf('isolate/in-flight/a', 1, 'returned')];
    expect(await claimCommand(journal, isolate.id, { now, budgets })).toMatchObject({ kind: 'claimed' });
    await journal.commands.settle(resultOf(isolate), now);
    await journal.journal.advance(batch([report(nodeNamed('n1'))], { decide: ending }));
    const gone = new AbortController().signal;
    const row = await awaitLeave(source(), await keep('n2'), { waitMs: 0, gone });
    expect(row.granted).toBeDefined();
  });

  it('given that the client is gone, then nothing is asked for in its name', async () => {
    const client = new AbortController();
    const first = await awaitLeave(source(), await keep('n1'), { waitMs: 0, gone: client.signal });
    const second = awaitLeave(source(), await keep('n2'), { waitMs: 60_000, gone: client.signal });
    await vi.waitFor(() => {
      expect(asked).toBe(2);
    });
    client.abort();
    expect((await second).granted).toBeUndefined();
    await journal.changeBook.end(first.change.id, { how: 'succeeded', by: 'deployer', at: now });
    expect(asked).toBe(2);
  });
});

it('given a change that waits for the rest of the day, then it keeps no room of others meanwhile: nobody else had leave in a small cluster', async () => {
  const gone = new AbortController().signal;
  const full: BudgetClaim = { ...budgetOf('node/rate/a/n1/today', 0, 'never'), isFarOff: true };
  const old = { askedAt: now - keepsAfterMs, leaseMs: 2 * keepsAfterMs };
  const row = await awaitLeave(source(full), await keep('n1', old), { waitMs: 0, gone });
  expect(row).toMatchObject({ waiting: { reason: 'BudgetFull: node/rate/a/n1/today', place: 1 } });
  expect((await awaitLeave(source(), await keep('n2'), { waitMs: 0, gone })).granted).toBeDefined();
});

describe('the look at a node before leave is given', () => {
  const ill: SeenHealth = { health: 'unhealthy', conditions: ['Unavailable', 'DiskFailure'], at: now };
  const unknown: SeenHealth = { health: 'unknown', conditions: [], at: now };
  const ask = async (given: Partial<NodeChange> = {}): Promise<ChangeRow> =>
    awaitLeave(source(), await keep('n1', given), { waitMs: 0, gone: new AbortController().signal });

  it('given a node that is ill, when a repair is asked for, then it has leave, and what was seen stands beside it: nobody looked', async () => {
    health = ill;
    expect(await ask()).toMatchObject({ granted: { at: now }, before: ill });
  });

  it.each([
    ['whoever asks says so', { onlyHealthy: true } as const],
    ['the policy says so of the operation', { operation: 'reimage' } as const],
  ])(
    'given that it is only for a node that is well, since %s, then it waits for one that is not',
    async (_who, given) => {
      health = ill;
      expect(await ask(given)).toMatchObject({
        waiting: { reason: 'NodeNotHealthy: Unavailable, DiskFailure', askAgainAt: now + 15_000 },
        before: ill,
      });
      health = unknown;
      expect(await ask(given)).toMatchObject({ waiting: { reason: 'NodeNotHealthy: unknown' } });
      health = { health: 'healthy', conditions: [], at: now + 1 };
      const row = await ask(given);
      expect(row).toMatchObject({ granted: { at: now }, before: health });
      expect(row).not.toHaveProperty('waiting');
    },
  );

  it('given that the same is seen again, then it stays known since when', async () => {
    health = ill;
    await ask({ onlyHealthy: true });
    health = { ...ill, at: now + 15_000 };
    expect((await ask({ onlyHealthy: true })).before).toEqual(ill);
  });
});
