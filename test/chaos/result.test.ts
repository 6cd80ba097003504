import { expect, it } from 'vitest';
import { wrongs, type Count } from '../../chaos/count.js';
import { killPoints, type KillPoint } from '../../chaos/kill-plan.js';
import { resultOf } from '../../chaos/result.js';
import { Tally } from '../../chaos/tally.js';

interface Done {
  readonly faults: number;
  readonly kills: number;
  readonly cuts: number;
  readonly delays: number;
  readonly hits: (point: KillPoint) => number;
}

/** What ten minutes have to do at least. */
const enough: Done = { faults: 300, kills: 60, cuts: 30, delays: 9, hits: () => 3 };
const clean: Count = {
  countedAt: 0,
  acknowledged: 300,
  fates: {},
  deadLetters: 0,
  commands: 1,
  effects: {},
  processes: 1,
  outcomes: {},
  open: 0,
  waitingForPerson: 0,
  untended: 0,
  lost: [],
  doubled: [],
  stuck: [],
  isolatedLeft: [],
  webhooks: { events: 1, tries: 1 },
  undelivered: [],
  misdelivered: [],
  disordered: [],
  states: 1,
  wrongStates: [],
  spans: { told: 1, tries: 1 },
  untold: [],
};

function repeat(times: number, work: () => void): void {
  for (let time = 0; time < times; time += 1) work();
}

function tallyOf({ faults, kills, cuts, delays, hits }: Done): Tally {
  const tally = new Tally();
  tally.faults = faults;
  repeat(kills, () => {
    tally.killed('intake-1');
  });
  repeat(cuts, () => {
    tally.cut('cut');
  });
  repeat(delays, () => {
    tally.cut('delayed');
  });
  for (const point of killPoints)
    repeat(hits(point), () => {
      tally.hit(point);
    });
  return tally;
}

function problemsOf(done: Partial<Done>, count: Partial<Count> = {}): readonly string[] {
  return resultOf({
    ...{ seed: '1', minutes: 10, ownEnds: 0, hangs: [], crashes: [] },
    tally: tallyOf({ ...enough, ...done }),
    count: { ...clean, ...count },
  }).problems;
}

it('given as many faults, kills, cuts and hits as are wanted in ten minutes, then the run counts', () => {
  expect(problemsOf({})).toEqual([]);
});

it.each<[string, Partial<Done>, string]>([
  ['one fault less', { faults: 299 }, '299 faults, at least 300 are wanted'],
  ['one kill less', { kills: 59 }, '59 kills, at least 60 are wanted'],
  [
    'one cut less, however many ways were only slow',
    { cuts: 29, delays: 99 },
    '29 cuts, at least 30 are wanted',
  ],
  [
    'a moment that was hit twice',
    { hits: (point) => (point === 'before commit' ? 2 : 3) },
    '2 times "before commit", at least 3 are wanted',
  ],
])('given %s, then the run has failed', (_, done, problem) => {
  expect(problemsOf(done)).toEqual([problem]);
});

it('given that all wait for a person, then the run has failed: nothing was mended', () => {
  const waiting = (waitingForPerson: number): Partial<Count> => ({ processes: 300, waitingForPerson });
  expect(problemsOf({}, waiting(300))).toEqual([
    '300 of 300 processes wait for a person, at most a quarter may',
  ]);
  expect(problemsOf({}, waiting(76))).toHaveLength(1);
  expect(problemsOf({}, waiting(75))).toEqual([]);
});

it.each(wrongs)('given something that is %s, then the run has failed and names it', (what) => {
  expect(problemsOf({}, { [what]: ['a/n1'] })).toEqual([`${what}: a/n1`]);
});

it('given a process that crashed, then the run has failed and says where', () => {
  const crashes = [{ copy: 'relay-1', where: 'Error: broken' }];
  const { problems } = resultOf({
    ...{ seed: '1', minutes: 10, ownEnds: 1, hangs: [], crashes },
    ...{ tally: tallyOf(enough), count: clean },
  });
  expect(problems).toEqual(['relay-1 crashed:\nError: broken']);
});
