import type { FaultKindName } from './fault-kind.js';

/** Columns that a record must have; others are ignored. */
export const recordColumns = ['node', 'started', 'fixed', 'category', 'cause'] as const;
export type RecordColumn = (typeof recordColumns)[number];

/** One failure of one node that can be played. */
export interface RecordRow {
  /** Line in the file, the header being 1. */
  readonly line: number;
  readonly node: number;
  /** The record's local time, taken as UTC: it has no zone, and a shift in summer would make overlaps. */
  readonly startedAt: number;
  readonly fixedAt: number;
  readonly category: string;
  readonly cause: string;
  readonly kind: FaultKindName;
}

export const dirtyReasons = [
  'Malformed',
  'MissingField',
  'NodeOutOfRange',
  'BadDate',
  'FixBeforeStart',
  'UnknownCategory',
  'UnknownCause',
  'OverlapsOnNode',
] as const;
export type DirtyReason = (typeof dirtyReasons)[number];

/** A row that can't be played, and why. */
export interface DirtyRow {
  readonly line: number;
  readonly reason: DirtyReason;
  /** What is wrong, with the value. */
  readonly detail: string;
  /** When it starts, if that is a moment. */
  readonly startedAt?: number;
}

/** A record as read: every row of the file is in one of the two lists. */
export interface FailureRecord {
  /** Sorted by start, then by line. */
  readonly rows: readonly RecordRow[];
  /** In order of the file. */
  readonly dirty: readonly DirtyRow[];
}
