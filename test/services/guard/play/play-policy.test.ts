import { describe, expect, it } from 'vitest';

import type { FaultCase, PauseRow } from '../../../../adapters/ports/guard-book.js';
import type { RecordedOperation } from '../../../../adapters/ports/guard-history.js';
import type { FleetPicture } from '../../../../adapters/ports/journal.js';
import type { Operation } from '../../../../domain/command.js';
import type { ChangeId, NodeKey, PauseId } from '../../../../domain/identifiers.js';
import type { Breaker } from '../../../../services/guard/breakers.js';
import { playPolicy, type PlayedPolicy } from '../../../../services/guard/play/play-policy.js';
import { noMetrics } from '../../../../services/guard/metrics/hold-by-metrics.js';
import type { Budget } from '../../../../services/guard/policy.js';
import { streamOf } from '../../../../adapters/journal/stream-of.js';
import { budgetWith, caseOf, memberWith } from '../asked.js';

const second = 1_000;
const minute = 60 * second;
const since = Date.UTC(2026, 0, 1);
const picture: FleetPicture = {
  cluster: 'a',
  observedAt: 0,
  // Whoever is out now was not then.
  groups: [{ pool: 'p', zone: 'z', labels: { rack: 'r1' }, size: 10 }],
};

/** Of a node's process: asked for, begun and ended so many seconds after the start; the node is back at `back`. */
function recorded(
  node: string,
  [asked, began, ended, back]: readonly [number, number | undefined, number, number],
  operation: RecordedOperation['request']['operation'] = 'isolate',
): RecordedOperation {
  const at = (seconds: number): number => since + seconds * second;
  return {
    ...{ id: `${node}/${operation}`, chain: `p-${node}`, headStartMs: 0, askedAt: at(asked) },
    request: { operation, node: `a/${node}` as NodeKey, owner: 'faultline', faultType: 'DiskFailure' },
    ...(began === undefined ? {} : { beganAt: at(began) }),
    ...{ endedAt: at(ended), chainEndedAt: at(back) },
  };
}

interface Given {
  readonly budgets?: readonly Budget[];
  readonly breakers?: readonly Breaker[];
  readonly cases?: readonly FaultCase[];
  readonly pauses?: readonly PauseRow[];
  readonly rolloutPauses?: readonly Operation[];
}

function play(operations: readonly RecordedOperation[], given: Given = {}): Promise<PlayedPolicy> {
  const { budgets = [budgetWith({ atOnce: { count: 1 } })], breakers = [], cases = [], pauses = [] } = given;
  const { rolloutPauses = [] } = given;
  return playPolicy(
    {
      policy: { inventoryMaximumAgeMs: 1, askAgainMs: 15 * second, budgets, business: noMetrics },
      ...{ breakers, rolloutPauses },
      lookEveryMs: second,
    },
    {
      ...{ operations: streamOf(operations), cases: streamOf(cases), pauses },
      pictures: new Map([['a', picture]]),
      memberOf: (node) => Promise.resolve(node === 'a/gone' ? undefined : memberWith({ node })),
    },
    { since, until: since + 60 * minute, limit: 10 },
  );
}

/** Who was held, until when, and by what longest; seconds after the start. */
function told({ first }: PlayedPolicy): readonly string[] {
  return first.map(({ node, operation, askedAt, waitedMs, by }) => {
    const began = waitedMs === undefined ? 'never' : String((askedAt - since + waitedMs) / second);
    return `${node} ${operation} asked ${(askedAt - since) / second} began ${began}: ${by}`;
  });
}

const power = budgetWith({ name: 'power', operations: ['power'], atOnce: { count: 5 } });

describe('given a history, when another policy is played', () => {
  it('then what it has room for is allowed at once, and takes its room until the node is back', async () => {
    const played = await play([
      recorded('n1', [0, 0, 1, 100]),
      recorded('n2', [50, 50, 51, 60]),
      recorded('n3', [200, 200, 201, 210]),
    ]);
    expect(told(played)).toEqual(['a/n2 isolate asked 50 began 100: some/in-flight']);
    const [isolate] = played.operations;
    expect(isolate).toMatchObject({ asked: 3, stillWaiting: 0, unknownInFact: 0 });
    expect([isolate?.held.count, isolate?.held.longestMs, isolate?.heldInFact.count]).toEqual([1, 50_000, 0]);
    expect([...played.holds.keys()]).toEqual(['some/in-flight']);
  });

  it('then a rate holds until its window is over, however long that is: after five minutes nobody counted what was taken of it', async () => {
    const rate = { count: 2, windowMs: 30 * minute };
    const operations = [0, 60, 900, 2_700].map((asked, index) => ({
      ...recorded('n1', [asked, asked, asked + 1, asked + 10]),
      ...{ id: `n1/${index}`, chain: `p-${index}` },
    }));
    const budgets = [budgetWith({ scope: { kind: 'node' }, rate })];
    expect(told(await play(operations, { budgets }))).toEqual([
      'a/n1 isolate asked 900 began 1800: some/rate',
    ]);
  });

  it('then one that is held moves what its process did afterwards, and when the node is back', async () => {
    const operations = [
      recorded('n1', [0, 0, 1, 100]),
      recorded('n2', [10, 10, 11, 70]),
      recorded('n2', [20, 20, 30, 70], 'power'),
      recorded('n3', [120, 120, 121, 130]),
    ];
    const closed = { ...power, atOnce: { count: 0 } };
    expect(told(await play(operations, { budgets: [budgetWith({ atOnce: { count: 1 } }), closed] }))).toEqual(
      [
        'a/n2 isolate asked 10 began 100: some/in-flight',
        'a/n2 power asked 110 began never: power/in-flight',
        'a/n3 isolate asked 120 began never: some/in-flight',
      ],
    );
    expect(told(await play(operations, { budgets: [budgetWith({ atOnce: { count: 1 } }), power] }))).toEqual([
      'a/n2 isolate asked 10 began 100: some/in-flight',
      'a/n3 isolate asked 120 began 160: some/in-flight',
    ]);
  });

  it('then those who wait go by their age, and a rate lets them in window by window', async () => {
    const budgets = [budgetWith({ rate: { count: 1, windowMs: minute } })];
    const severe = { ...recorded('n3', [3, 3, 4, 5]), headStartMs: 10 * minute };
    const played = await play([recorded('n1', [1, 1, 2, 3]), recorded('n2', [2, 2, 3, 4]), severe], {
      budgets,
    });
    expect(told(played)).toEqual([
      'a/n3 isolate asked 3 began 60: some/rate',
      'a/n2 isolate asked 2 began 120: some/rate',
    ]);
  });

  it('then quiet hours and freezes of people hold as well, and each wait is counted for what it was for', async () => {
    const quiet = { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 2, timeZone: 'UTC' };
    const freeze: PauseRow = {
      pause: {
        id: 'z-1' as PauseId,
        key: 'z-1',
        where: {},
        begun: { by: 'anna', reason: 'audit', at: since + 90 * second },
      },
      ended: { how: 'thawed', by: 'anna', reason: 'done', at: since + 5 * minute },
    };
    const operations = [recorded('n1', [5, 5, 6, 7]), recorded('n2', [100, 100, 101, 102])];
    const played = await play(operations, {
      budgets: [budgetWith({ quietHours: [quiet] })],
      pauses: [freeze],
    });
    expect([...played.holds].map(([by, waits]) => [by, waits.longestMs])).toEqual([
      ['QuietHours: some', 115_000],
      ['Paused: z-1', 200_000],
    ]);
  });

  it('then a rollout that was under way holds what this policy has it pause', async () => {
    const rollout: PauseRow = {
      pause: {
        ...{ id: 'z-1' as PauseId, key: 'rollout:c-1', where: {}, operations: ['isolate'] },
        begun: { by: 'deployer', reason: 'new kernel', at: since + 90 * second },
        rollout: { change: 'c-1' as ChangeId, owner: 'deployer' },
      },
      ended: { how: 'over', by: 'deployer', reason: 'rollout c-1: succeeded', at: since + 5 * minute },
    };
    const operations = [recorded('n1', [100, 100, 101, 102]), recorded('n2', [110, 110, 111, 112], 'power')];
    const budgets = [budgetWith({ atOnce: { count: 1 } }), power];
    const heldBy = async (...rolloutPauses: readonly Operation[]): Promise<readonly string[]> =>
      told(await play(operations, { budgets, pauses: [rollout], rolloutPauses }));
    expect(await heldBy('isolate')).toEqual(['a/n1 isolate asked 100 began 300: Paused: z-1']);
    expect(await heldBy('power')).toEqual(['a/n2 power asked 110 began 300: Paused: z-1']);
    expect(await heldBy()).toEqual([]);
  });

  it('then what began before holds its room, and is not judged', async () => {
    const played = await play([recorded('n1', [-100, -100, -99, 50]), recorded('n2', [10, 10, 11, 20])]);
    expect(told(played)).toEqual(['a/n2 isolate asked 10 began 50: some/in-flight']);
    expect(played.operations[0]?.asked).toBe(1);
  });

  it('then what waited in fact takes its room as long as it did in fact', async () => {
    const wide = { budgets: [budgetWith({ atOnce: { count: 2 } })] };
    const operations = [recorded('n1', [0, 0, 1, 100]), recorded('n2', [10, 100, 101, 160])];
    const played = await play(operations, wide);
    expect(told(played)).toEqual([]);
    expect(played.operations[0]?.heldInFact.longestMs).toBe(90_000);
  });

  it('then operations of nodes that nobody knows now are left out, and counted', async () => {
    const played = await play([recorded('gone', [0, 0, 1, 2])]);
    expect(played).toMatchObject({ operations: [], unplaced: { operations: 1, faults: 0 } });
  });

  it('then breakers tell when they would have tripped, once for each time', async () => {
    const many: Breaker = {
      ...{ name: 'many', scope: { kind: 'cluster' }, where: {}, nodes: 3, share: 0 },
      withinMs: 10 * minute,
    };
    const wave = (from: number): readonly FaultCase[] =>
      [0, 1, 2, 3].map((index) => caseOf(`n${index}`, { at: from + index * 5 * second }));
    const played = await play([], {
      breakers: [many],
      cases: [...wave(since), ...wave(since + 30 * minute)],
    });
    expect(played.trips).toEqual([
      { breaker: 'many', common: 'cluster a', at: since + 11 * second, nodes: 4 },
      { breaker: 'many', common: 'cluster a', at: since + 30 * minute + 11 * second, nodes: 4 },
    ]);
  });
});
