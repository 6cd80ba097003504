import type { ChangeRow } from '../../adapters/ports/change-book.js';
import { firstOf } from '../supervision.js';
import { statusOf } from './change-item.js';
import { tryGrant, type GrantSource } from './try-grant.js';

/** How long whoever asks is ready to wait for leave. */
export interface Patience {
  /** 0: it wants to know at once. */
  readonly waitMs: number;
  /** Aborts when nobody hears the answer any more: then nothing is asked for in its name. */
  readonly gone: AbortSignal;
}

/** Who is first in its line is asked as soon as something is given back, and whoever is behind him that much later: a thousand who wait would ask for nothing. */
const restOfPlaceMs = 200;
const longestRestMs = 5_000;
/** What waits in no line waits for a person, a pause or a process, none of which is fast. */
const restWithoutLineMs = 1_000;

/**
 * Asks for a change that waits, again and again until there is leave, the change is over, patience is, or two thirds of the
 * lease: then a heartbeat has to come. Resolves with how it stands then.
 */
export async function awaitLeave(
  source: GrantSource,
  asked: ChangeRow,
  { waitMs, gone }: Patience,
): Promise<ChangeRow> {
  const { book, clock } = source;
  const { id, leaseMs } = asked.change;
  const until = Math.min(clock.now() + waitMs, asked.leaseUntil - leaseMs / 3);
  const room = book.watchRoom();
  let row = asked;
  const isAnswered = (): boolean => gone.aborted || statusOf(row, clock.now()) !== 'waiting';
  while (!isAnswered()) {
    room.looking();
    await tryGrant(source, row);
    row = (await book.find(id)) ?? row;
    if (isAnswered() || clock.now() >= until) break;
    const rested = Math.min(clock.now() + restOf(row), until);
    await clock.waitUntil(rested, gone);
    const askAgainAt = Math.min(row.waiting?.askAgainAt ?? rested, until);
    await firstOf([(over) => room.changed(over), (over) => clock.waitUntil(askAgainAt, over)], gone);
  }
  return row;
}

function restOf({ waiting }: ChangeRow): number {
  const place = waiting?.place;
  return place === undefined ? restWithoutLineMs : Math.min(place * restOfPlaceMs, longestRestMs);
}
