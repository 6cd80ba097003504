const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration like `30s`, `10m`, `24h`, or undefined if `text` is not one. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const unit = unitMs[match[2] ?? ''];
  return unit === undefined ? undefined : Number(match[1]) * unit;
}
