import type { NodeKey } from '../../../domain/identifiers.js';
import type { WaitingChanges } from '../../journal/waiting-queues.js';
import {
  comparedReports,
  describeInput,
  takenUpAtOnce,
  wholeInput,
  type KeptForNode,
  type KeptInput,
} from '../../journal/waiting-inputs.js';
import { asStored } from '../../journal/storable.js';
import type { WaitingRow } from '../../ports/journal.js';
import type { MemoryStore, StoredWaitingInput } from './store.js';

type Whole = KeptInput & { readonly input: NonNullable<KeptInput['input']> };

function isWhole(kept: KeptInput): kept is Whole {
  return kept.input !== undefined;
}

function wholeOf(row: StoredWaitingInput, rows: readonly StoredWaitingInput[]): Whole['input'] | undefined {
  if (isWhole(row)) return row.input;
  const of = rows.find(({ place }) => place === row.repeats)?.input;
  return of === undefined ? undefined : wholeInput(of, row);
}

/** What is kept for these nodes, where they are parked. */
export function keptFor(store: MemoryStore, nodes: ReadonlySet<NodeKey>): ReadonlyMap<NodeKey, KeptForNode> {
  const parked = [...nodes].filter((node) => store.states.get(node)?.parked !== undefined);
  return new Map(
    parked.map((node) => {
      const rows = store.waiting.get(node) ?? [];
      const next = rows.filter(({ taken }) => taken === undefined).slice(0, takenUpAtOnce);
      return [
        node,
        {
          lastPlace: rows.at(-1)?.place ?? 0,
          latest: rows.filter(isWhole).slice(-comparedReports),
          next: next.flatMap((row) => {
            const input = wholeOf(row, rows);
            return input === undefined ? [] : [{ place: row.place, input }];
          }),
        },
      ];
    }),
  );
}

export function changeWaiting(store: MemoryStore, changes: readonly WaitingChanges[]): void {
  for (const { node, kept, takenThrough, emptied } of changes) {
    const before = emptied ? [] : (store.waiting.get(node) ?? []);
    for (const row of before) if (row.place <= takenThrough) row.taken = true;
    // A copy: what is stored is not what was given.
    const added = kept.map((row) => ({
      ...row,
      ...(row.input === undefined ? {} : { input: copied(row.input) }),
    }));
    if (before.length + added.length === 0) store.waiting.delete(node);
    else store.waiting.set(node, [...before, ...added]);
  }
}

function copied(input: Whole['input']): Whole['input'] {
  return JSON.parse(JSON.stringify(input)) as Whole['input'];
}

/** Inputs of a node that wait, a report with its repeats in one row. */
export function waitingRows(store: MemoryStore, node: NodeKey): readonly WaitingRow[] {
  const rows = store.waiting.get(node) ?? [];
  const groups = new Map<number, WaitingRow>();
  for (const row of rows) {
    const input = wholeOf(row, rows);
    if (row.taken !== undefined || input === undefined) continue;
    const place = row.repeats ?? row.place;
    const group = groups.get(place);
    groups.set(place, {
      what: asStored(describeInput(input)),
      first: Math.min(row.at, group?.first ?? row.at),
      last: Math.max(row.at, group?.last ?? row.at),
      count: 1 + (group?.count ?? 0),
    });
  }
  return [...groups.values()].slice(0, 100);
}
