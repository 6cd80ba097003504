/**
 * Why there is no number. `refused`: the query is wrong. `several`: it gives more than one series. `not-a-number`: NaN or
 * infinite. `no-data`: nothing. `failed`: nobody knows, for the source did not answer or could not tell.
 */
export type NoReading = 'refused' | 'several' | 'not-a-number' | 'no-data' | 'failed';

export type MetricReading =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'none'; readonly why: NoReading; readonly reason: string };

export type MetricSeries =
  /** Finite numbers only, oldest first; never none. */
  | { readonly kind: 'values'; readonly values: readonly number[] }
  | { readonly kind: 'none'; readonly why: NoReading; readonly reason: string };

/** Where business metrics are read. Trouble is an answer, never an error. */
export interface MetricSource {
  /** What a query gives at a moment, ms: one number. */
  at(query: string, moment: number): Promise<MetricReading>;
  /** What it gave from `from` to `to`, a number each `step`, all ms. */
  over(
    query: string,
    range: { readonly from: number; readonly to: number; readonly step: number },
  ): Promise<MetricSeries>;
}
