import type { ChangeBook, ChangeRow } from '../../adapters/ports/change-book.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { statusOf } from './change-item.js';
import { mostChanges } from './forms/changes.js';

const openStates = ['granted', 'soaking', 'waiting'] as const;
export type OpenState = (typeof openStates)[number];

export interface OpenChange {
  readonly row: ChangeRow;
  readonly status: OpenState;
}

/** What others have leave for, or wait for: those who have it first, each the longest first. One whose lease ran out is over. */
export async function openChanges(
  book: Pick<ChangeBook, 'list'>,
  now: number,
  node?: NodeKey,
): Promise<readonly OpenChange[]> {
  const query = { open: true, limit: mostChanges.counted, ...(node === undefined ? {} : { node }) };
  const { rows } = await book.list(query);
  const found = rows.flatMap((row) => {
    const status = openStates.find((state) => state === statusOf(row, now));
    return status === undefined ? [] : [{ row, status }];
  });
  return found.sort(
    (one, other) =>
      openStates.indexOf(one.status) - openStates.indexOf(other.status) ||
      one.row.change.askedAt - other.row.change.askedAt,
  );
}
