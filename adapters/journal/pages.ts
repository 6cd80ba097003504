import type { Page } from '../ports/journal.js';

/** A page of `limit` rows out of one row more, with the cursor of its last row when there are others after it. */
export function pageOf<Row>(rows: readonly Row[], limit: number, cursorOf: (row: Row) => string): Page<Row> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return rows.length > limit && last !== undefined ? { rows: page, next: cursorOf(last) } : { rows: page };
}

/** The same out of at most `limit` rows, by their positions: only a page that is not full is known to be the last. */
export function pageByPosition<Stored extends { readonly position: number }, Row>(
  stored: readonly Stored[],
  limit: number,
  rowOf: (one: Stored) => Row,
): Page<Row> {
  const last = stored.length < limit ? undefined : stored.at(-1);
  return {
    rows: stored.map((one) => rowOf(one)),
    ...(last === undefined ? {} : { next: String(last.position) }),
  };
}

/** Place of a process in the list: youngest first, then by id. */
export interface ProcessCursor {
  readonly startedAt: number;
  readonly processId: string;
}

export function writeProcessCursor({ startedAt, processId }: ProcessCursor): string {
  return `${startedAt}~${processId}`;
}

/** A cursor that nobody wrote means the beginning of an empty page: it can only come from a caller's mistake. */
export function readProcessCursor(text: string): ProcessCursor {
  const [, startedAt, processId] = /^(-?\d+)~(.*)$/s.exec(text) ?? [];
  if (startedAt === undefined || processId === undefined) {
    throw new TypeError(`"${text}" is no cursor of a list of processes: pass "next" of the page before`);
  }
  return { startedAt: Number(startedAt), processId };
}

/** Byte order, as `COLLATE "C"` has it for the characters of node keys and process ids (ASCII). */
export function compareBytes(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
