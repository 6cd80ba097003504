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

const minutesOfDay = 24 * 60;
const minutesOfWeek = 7 * minutesOfDay;

/** Whether there is no minute outside of them, on any day of any week. Those of several time zones are taken to leave some. */
export function areAlways(all: readonly QuietHours[]): boolean {
  const [first] = all;
  if (first === undefined || all.some(({ timeZone }) => timeZone !== first.timeZone)) return false;
  const quiet = new Set<number>();
  for (const { days, from, to } of all)
    for (const day of days) {
      const begin = (day - 1) * minutesOfDay + from;
      const end = (day - 1) * minutesOfDay + to + (to > from ? 0 : minutesOfDay);
      for (let minute = begin; minute < end; minute += 1) quiet.add(minute % minutesOfWeek);
    }
  return quiet.size === minutesOfWeek;
}
