import { wrongs, type Count } from './count.js';
import { killPoints, leastOf, type KillPoint } from './kill-plan.js';
import { sum, type Tally } from './tally.js';

/** A process that answered no more and was killed for it, or that crashed; it was started again. */
export interface Fall {
  readonly copy: string;
  /** Its stack at that moment. */
  readonly where: string;
}

export interface ChaosResult {
  readonly seed: string;
  readonly minutes: number;
  readonly faults: number;
  readonly kills: Readonly<Record<string, number>>;
  readonly cuts: Readonly<Record<string, number>>;
  readonly killPoints: Readonly<Record<KillPoint, number>>;
  /** Processes of Faultline that ended by themselves and were started again. */
  readonly ownEnds: number;
  readonly hangs: readonly Fall[];
  /** Those that ended by an error that nobody caught. */
  readonly crashes: readonly Fall[];
  readonly count: Count;
  /** Why the run failed. Empty: it did not. */
  readonly problems: readonly string[];
}

function fewer(what: string, found: number, wanted: number): readonly string[] {
  return found < wanted ? [`${found} ${what}, at least ${wanted} are wanted`] : [];
}

/**
 * Of the processes may stand waiting for a person. None of the feed's faults needs one: tickets are answered, and every ladder
 * has attempts left. People are asked where what can't be repeated was cut off, and nobody saw what came of it: in 4 to 7 % of
 * the processes of ten minutes, and in 18 % (49 of 265) on a machine with ten times the load that it has cores for.
 */
const mostWaiting = 1 / 4;

function tooManyWaiting({ processes, waitingForPerson }: Count): readonly string[] {
  return waitingForPerson > processes * mostWaiting
    ? [`${waitingForPerson} of ${processes} processes wait for a person, at most a quarter may`]
    : [];
}

function problemsOf(minutes: number, tally: Tally, count: Count): readonly string[] {
  const least = leastOf(minutes);
  // What is only late breaks nothing.
  const broken = sum(tally.cuts) - (tally.cuts.get('delayed') ?? 0);
  const bad = wrongs.flatMap((what) =>
    count[what].map((one) => `${what}: ${typeof one === 'string' ? one : JSON.stringify(one)}`),
  );
  return [
    ...fewer('faults', tally.faults, least.faults),
    ...fewer('kills', sum(tally.kills), least.kills),
    ...fewer('cuts', broken, least.cuts),
    ...killPoints.flatMap((point) =>
      fewer(`times "${point}"`, tally.hits.get(point) ?? 0, least.hitsPerPoint),
    ),
    ...tooManyWaiting(count),
    ...bad,
  ];
}

export function resultOf(run: {
  readonly seed: string;
  readonly minutes: number;
  readonly tally: Tally;
  readonly ownEnds: number;
  readonly hangs: readonly Fall[];
  readonly crashes: readonly Fall[];
  readonly count: Count;
}): ChaosResult {
  const { seed, minutes, tally, ownEnds, hangs, crashes, count } = run;
  const hits = Object.fromEntries(killPoints.map((point) => [point, tally.hits.get(point) ?? 0]));
  return {
    seed,
    minutes,
    faults: tally.faults,
    kills: Object.fromEntries(tally.kills),
    cuts: Object.fromEntries(tally.cuts),
    killPoints: hits as Record<KillPoint, number>,
    ownEnds,
    hangs,
    crashes,
    count,
    problems: [
      ...problemsOf(minutes, tally, count),
      ...crashes.map(({ copy, where }) => `${copy} crashed:\n${where}`),
    ],
  };
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, number]) => `${name} ${number}`)
    .join(', ');
}

/** `isolated left` */
function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** For people. */
export function resultTable(result: ChaosResult): string {
  const { count } = result;
  const total = (counts: Readonly<Record<string, number>>): number => sum(new Map(Object.entries(counts)));
  const rows: readonly (readonly [string, number | string, string])[] = [
    ['faults', result.faults, ''],
    ['kills', total(result.kills), listed(result.kills)],
    ['cuts', total(result.cuts), listed(result.cuts)],
    ['kill points', total(result.killPoints), listed(result.killPoints)],
    ['own ends', result.ownEnds, 'processes that could not go on, and were started again'],
    ['hangs', result.hangs.length, 'processes that answered no more, and were started again'],
    ['crashes', result.crashes.length, 'processes that ended by an error that nobody caught'],
    ['acknowledged', count.acknowledged, listed(count.fates)],
    ['commands', count.commands, ''],
    ['effects', total(count.effects), listed(count.effects)],
    ['processes', count.processes, listed(count.outcomes)],
    ['open', count.open, `of them wait for a person: ${count.waitingForPerson}`],
    ['untended', count.untended, 'faults that are open without a process'],
    ['webhooks', count.webhooks.events, `events asked for, posted ${count.webhooks.tries} times`],
    ['node states', count.states, 'records'],
    ['spans', count.spans.told, `sent ${count.spans.tries} times`],
    ...wrongs.map((what) => [inWords(what), count[what].length, ''] as const),
  ];
  const lines = rows.map(([name, number, detail]) =>
    `${name.padEnd(14)}${String(number).padStart(7)}  ${detail}`.trimEnd(),
  );
  const verdict =
    result.problems.length === 0
      ? ['nothing lost, nothing doubled, nothing stuck, everybody told']
      : result.problems;
  const hangs = result.hangs.map(({ copy, where }) => `${copy} hung at\n${where}`);
  return [`seed ${result.seed}, ${result.minutes} min`, ...lines, ...hangs, ...verdict].join('\n');
}
