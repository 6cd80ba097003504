/** `unknown`: nothing that could be judged came back; what that means is for the policy to say. */
export const metricSays = ['good', 'bad', 'unknown'] as const;
export type MetricSays = (typeof metricSays)[number];

/** What a business metric was seen to be, and by which numbers. */
export interface MetricJudgement {
  /** Its name in the policy. */
  readonly metric: string;
  readonly says: MetricSays;
  /** ms */
  readonly at: number;
  /** Stands for what was asked and what it was held against: another one is another question. Absent: judged by a release that did not say. */
  readonly rule?: string;
  readonly value?: number;
  /** Median of before. */
  readonly baseline?: number;
  /** The value must not be worse than this. */
  readonly bound?: number;
  /** In words, with the numbers. */
  readonly reason: string;
}

/** One that was recorded. */
export interface MetricVerdict extends MetricJudgement {
  /** Since when it has been good, or has not been, by this rule, ms. */
  readonly since: number;
}

/** The latest of its metric. */
export interface StandingVerdict extends MetricVerdict {
  /** A person ended the pause that it had begun: nothing is held back by it until it has been good again. */
  readonly overruled: boolean;
}

/** Whether the one is an answer to another question than the other. */
export function isByAnotherRule(one: Pick<MetricJudgement, 'rule'>, other: typeof one): boolean {
  return one.rule !== undefined && other.rule !== undefined && one.rule !== other.rule;
}

/** Of one metric, one pause is in force at a time. The name of a breaker's key has a slash, this has none. */
export function metricPauseKey(metric: string): string {
  return `metric:${metric}`;
}
