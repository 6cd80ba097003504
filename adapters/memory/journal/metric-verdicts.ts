import {
  isByAnotherRule,
  metricPauseKey,
  type MetricJudgement,
  type MetricVerdict,
  type StandingVerdict,
} from '../../../domain/metric-verdict.js';
import { recordEveryMs } from '../../journal/metric-records.js';
import { asStored } from '../../journal/storable.js';
import { pageByPosition } from '../../journal/pages.js';
import type { GuardBook } from '../../ports/guard-book.js';
import type { Page } from '../../ports/journal.js';
import type { StoredPause } from './store.js';

interface Known {
  readonly verdict: MetricVerdict;
  readonly recordedAt: number;
}

/** What business metrics were seen to say. */
export class MetricVerdicts {
  readonly #latest = new Map<string, Known>();
  /** Oldest first. */
  readonly #recorded: MetricVerdict[] = [];

  /** As PostgreSQL keeps them. */
  get latest() {
    return [...this.#latest.values()].map(({ verdict: { since, ...verdict }, recordedAt }) => ({
      ...{ verdict, since, recordedAt },
    }));
  }

  standing(pauses: readonly StoredPause[]): readonly StandingVerdict[] {
    return [...this.#latest.values()]
      .map(({ verdict }) => ({ ...verdict, overruled: isOverruled(verdict, pauses) }))
      .sort((a, b) => (a.metric < b.metric ? -1 : 1));
  }

  /** By name, those that hold back what needs leave: not good, and overruled by nobody. */
  notGood(pauses: readonly StoredPause[]): readonly string[] {
    const names: string[] = [];
    for (const { verdict } of this.#latest.values())
      if (verdict.says !== 'good' && !isOverruled(verdict, pauses)) names.push(verdict.metric);
    return names.sort();
  }

  /** True: it was recorded. */
  judge(judgement: MetricJudgement): boolean {
    const known = this.#latest.get(judgement.metric);
    const { says, at } = judgement;
    const isSameQuestion = known !== undefined && !isByAnotherRule(known.verdict, judgement);
    const goesOn = isSameQuestion && (known.verdict.says === 'good') === (says === 'good');
    const verdict = asStored({ ...judgement, since: goesOn ? known.verdict.since : at });
    const isKept =
      isSameQuestion && known.verdict.says === says && Math.abs(at - known.recordedAt) < recordEveryMs;
    this.#latest.set(judgement.metric, { verdict, recordedAt: isKept ? known.recordedAt : at });
    if (!isKept) this.#recorded.push(verdict);
    return !isKept;
  }

  recorded({ metric, after, limit }: Parameters<GuardBook['verdicts']>[0]): Page<MetricVerdict> {
    const end = after === undefined ? this.#recorded.length : Number(after);
    const older = this.#recorded
      .map((verdict, position) => ({ verdict, position }))
      .slice(0, end)
      .filter(({ verdict }) => metric === undefined || verdict.metric === metric)
      .reverse()
      .slice(0, limit);
    return pageByPosition(older, limit, ({ verdict }) => verdict);
  }
}

function isOverruled({ metric, says, since }: MetricVerdict, pauses: readonly StoredPause[]): boolean {
  if (says === 'good') return false;
  return pauses.some(
    ({ pause, ended }) =>
      pause.key === metricPauseKey(metric) &&
      ended !== undefined &&
      (ended.how === 'approved' || ended.how === 'thawed') &&
      ended.at >= since,
  );
}
