/** How often something took how long, in the unit of the samples. */
export interface Distribution {
  readonly count: number;
  readonly minimum: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly maximum: number;
}

/** What one part of the benchmark has measured, and what it was to reach. */
export interface Part {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string | Distribution>>;
  /** In words, with the number. */
  readonly target: string;
  readonly met: boolean;
}

/** To three places: more would only pretend. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** Nearest rank over the samples. @throws RangeError without samples */
export function distributionOf(samples: readonly number[]): Distribution {
  const sorted = [...samples].sort((left, right) => left - right);
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new RangeError('no samples');
    return rounded(value);
  };
  return { count: sorted.length, minimum: at(0), p50: at(0.5), p95: at(0.95), p99: at(0.99), maximum: at(1) };
}

/** Change per hour of a series of (hours, value), by least squares. */
export function slopePerHour(series: readonly { readonly hours: number; readonly value: number }[]): number {
  const meanHours = mean(series.map(({ hours }) => hours));
  const meanValue = mean(series.map(({ value }) => value));
  let over = 0;
  let under = 0;
  for (const { hours, value } of series) {
    over += (hours - meanHours) * (value - meanValue);
    under += (hours - meanHours) ** 2;
  }
  return under === 0 ? 0 : over / under;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
