const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** How long ago, in the largest whole unit: `3d`, `5h`, `12m`, `40s`. A time to come counts as now. */
export function ageOf(instant: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(instant));
  const unit = units.find(([, ms]) => passed >= 2 * ms);
  return unit === undefined ? `${Math.floor(passed / 1000)}s` : `${Math.floor(passed / unit[1])}${unit[0]}`;
}
