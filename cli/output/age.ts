const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** In the largest whole unit: `3d`, `5h`, `12m`, `40s`. */
export function spanOf(ms: number): string {
  const unit = units.find(([, width]) => ms >= 2 * width);
  return unit === undefined ? `${Math.floor(ms / 1000)}s` : `${Math.floor(ms / unit[1])}${unit[0]}`;
}

/** How long ago, likewise. A time to come counts as now. */
export function ageOf(instant: string, now: number): string {
  return spanOf(Math.max(0, now - Date.parse(instant)));
}

/** How long until then, likewise. A time that is over counts as now. */
export function timeTo(instant: string, now: number): string {
  return spanOf(Math.max(0, Date.parse(instant) - now));
}
