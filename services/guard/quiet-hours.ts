import { DateTime } from 'luxon';

/** Hours in which nothing is begun, by the clocks of a place. */
export interface QuietHours {
  /** Monday is 1, Sunday 7: the days on which they begin. */
  readonly days: readonly number[];
  /** Minutes since midnight. */
  readonly from: number;
  /** Likewise; not later than `from`: on the next day. */
  readonly to: number;
  /** IANA name, as Europe/Berlin. */
  readonly timeZone: string;
}

/**
 * When these quiet hours end, ms; undefined: they are not now. Where a clock is put forward or back, an hour that does not
 * exist is the one after it, and one that comes twice is the first.
 */
export function quietUntil({ days, from, to, timeZone }: QuietHours, now: number): number | undefined {
  const today = DateTime.fromMillis(now, { zone: timeZone }).startOf('day');
  for (const day of [today.minus({ days: 1 }), today]) {
    if (!days.includes(day.weekday)) continue;
    const begin = atMinute(day, from);
    const end = atMinute(to > from ? day : day.plus({ days: 1 }), to);
    if (begin <= now && now < end) return end;
  }
  return undefined;
}

function atMinute(day: DateTime, minute: number): number {
  return day.set({ hour: Math.floor(minute / 60), minute: minute % 60 }).toMillis();
}
