import type { ChangeBook } from '../../../adapters/ports/change-book.js';
import type { GuardBook } from '../../../adapters/ports/guard-book.js';
import type { FleetInventory } from '../../../adapters/ports/journal.js';
import type { MetricSource } from '../../../adapters/ports/metric-source.js';
import type { PauseId } from '../../../domain/identifiers.js';
import {
  isByAnotherRule,
  metricPauseKey,
  type MetricJudgement,
  type StandingVerdict,
} from '../../../domain/metric-verdict.js';
import type { Pause } from '../../../domain/pause.js';
import { shortId } from '../../short-id.js';
import { pause, superviseLoop, type Supervision } from '../../supervision.js';
import type { BusinessMetric } from './business-metric.js';
import { holds } from './hold-by-metrics.js';
import { judge, ruleOf } from './judge.js';
import { underWay } from './under-way.js';

export interface MetricWatchOptions extends Supervision {
  readonly book: Pick<GuardBook, 'present' | 'judge' | 'begin' | 'end' | 'cases'>;
  readonly changes: Pick<ChangeBook, 'granted'>;
  readonly inventory: Pick<FleetInventory, 'member' | 'picture'>;
  readonly source: MetricSource;
  /** Those that are judged now: they may change from one turn to the next. */
  readonly metricsNow: () => readonly BusinessMetric[];
  readonly readEveryMs: number;
}

/** Readings of a baseline. */
const baselinePoints = 12;

/**
 * Reads business metrics and keeps what they say; where one is not good for too long it asks a person about what is under way.
 * Any number of copies may run: what one has read just now, others do not read again.
 */
export function watchMetrics(options: MetricWatchOptions): Promise<void> {
  return superviseLoop('guard-metrics', options, async () => {
    const metrics = options.metricsNow();
    const { verdicts } = await options.book.present();
    await Promise.all(metrics.map((metric) => look(options, metric, verdicts)));
    await decide(options, metrics);
    await pause(options, options.readEveryMs);
  });
}

async function look(
  { book, source, clock, readEveryMs }: MetricWatchOptions,
  metric: BusinessMetric,
  verdicts: readonly StandingVerdict[],
): Promise<void> {
  const now = clock.now();
  const latest = verdicts.find((one) => one.metric === metric.name);
  if (latest !== undefined && Math.abs(now - latest.at) < readEveryMs / 2) return;
  const isSameQuestion = latest !== undefined && !isByAnotherRule(latest, { rule: ruleOf(metric) });
  const held = isSameQuestion && latest.says !== 'good' ? latest : undefined;
  await book.judge(await read(source, metric, { now, held }));
}

/** A bound that is held stays the one of before, so that is not read again. */
async function read(
  source: MetricSource,
  metric: BusinessMetric,
  { now, held }: { readonly now: number; readonly held: MetricJudgement | undefined },
): Promise<MetricJudgement> {
  const { query, baseline } = metric;
  const value = await source.at(query, now);
  if (held?.bound !== undefined) {
    const { bound, baseline: before } = held;
    return judge(
      metric,
      { value, held: { bound, ...(before === undefined ? {} : { baseline: before }) } },
      now,
    );
  }
  if (baseline === undefined) return judge(metric, { value }, now);
  const to = now - baseline.agoMs;
  const step = Math.max(Math.floor(baseline.overMs / baselinePoints), 1_000);
  const before = await source.over(query, { from: to - baseline.overMs, to, step });
  return judge(metric, { value, before }, now);
}

async function decide(options: MetricWatchOptions, metrics: readonly BusinessMetric[]): Promise<void> {
  const present = await options.book.present();
  const now = options.clock.now();
  for (const metric of metrics) {
    const verdict = present.verdicts.find((one) => one.metric === metric.name);
    if (verdict === undefined) continue;
    const inForce = present.pauses.find(({ key }) => key === metricPauseKey(metric.name));
    if (inForce === undefined) await ask(options, metric, verdict, now);
    else await goOn(options, metric, { verdict, inForce, now });
  }
}

async function ask(
  options: MetricWatchOptions,
  metric: BusinessMetric,
  standing: StandingVerdict,
  now: number,
): Promise<void> {
  const { overruled, ...verdict } = standing;
  if (overruled || !holds(verdict, metric.noData) || now < verdict.since + metric.askAfterMs) return;
  const { book, log, randomness } = options;
  const { name, where, operations, goodForMs } = metric;
  // What was under way for as long as makes it good again was under way while it was good.
  const found = await underWay(options, { ...metric, since: verdict.since - goodForMs });
  const reason = `${name} is ${verdict.says}: ${verdict.reason}`;
  const begun: Pause = {
    ...{ id: shortId('z', randomness.uuid()) as PauseId, key: metricPauseKey(name), where },
    ...(operations === undefined ? {} : { operations }),
    begun: { by: `metric ${name}`, reason, at: now },
    regression: { verdict, ...found },
  };
  if (await book.begin(begun))
    log.error(
      { pause: begun.id, verdict, underWay: found.count, changes: found.changes },
      `${reason}. Nothing more is begun; what is under way at ${found.count} nodes goes on until a person says what becomes of it: faultline guard approve ${begun.id}, or deny`,
    );
}

/** What a person said no to stays until a person ends it. */
async function goOn(
  { book, log }: MetricWatchOptions,
  { name, goodForMs }: BusinessMetric,
  present: { readonly verdict: StandingVerdict; readonly inForce: Pause; readonly now: number },
): Promise<void> {
  const { verdict, inForce, now } = present;
  if (inForce.regression?.denied !== undefined) return;
  if (verdict.says !== 'good' || now < verdict.since + goodForMs) return;
  const reason = `it has been good since ${new Date(verdict.since).toISOString()}: ${verdict.reason}`;
  if (await book.end(inForce.id, { how: 'over', by: `metric ${name}`, reason, at: now }))
    log.warn({ pause: inForce.id, verdict }, `${name} is good again: changes go on`);
}
