import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import {
  type DirtyReason,
  type DirtyRow,
  type FailureRecord,
  type RecordColumn,
  type RecordRow,
  recordColumns,
} from './row.js';
import { isKnownCategory, kindOf } from './symptoms.js';

/** The file as a whole is no failure record. */
export class RecordUnreadable extends Error {
  override readonly name = 'RecordUnreadable';
}

export interface RecordBounds {
  /** Size of the fleet: nodes are 0 to `nodes - 1`. */
  readonly nodes: number;
  /** Only rows that start in the first so many days after the first good row. All, if not given. */
  readonly days?: number;
}

/** Reads a record from a file. Rejects with RecordUnreadable (no such file, no CSV, a column is missing). */
export async function readRecordFile(path: string, bounds: RecordBounds): Promise<FailureRecord> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RecordUnreadable(`${path}: can't be read`, { cause });
  }
  return readRecord(text, bounds, path);
}

/**
 * Sorts every row of a record into what can be played and what can't. A row that overlaps an earlier one of its node
 * is dirty: a machine has one repair at a time, so one of the two must be wrong. Throws RecordUnreadable.
 */
export function readRecord(text: string, bounds: RecordBounds, name = 'record'): FailureRecord {
  const [header, ...lines] = parseLines(text);
  const positions = columnsOf(header?.fields ?? [], name);
  const dirty: DirtyRow[] = [];
  const candidates: RecordRow[] = [];
  for (const { line, fields } of lines) {
    if (fields === undefined) {
      dirty.push({ line, reason: 'Malformed', detail: 'its quotes do not match' });
      continue;
    }
    const row = readRow(line, (column) => fields[positions[column]]?.trim(), bounds.nodes);
    if ('reason' in row) dirty.push(row);
    else candidates.push(row);
  }
  candidates.sort((one, other) => one.startedAt - other.startedAt || one.line - other.line);
  const rows: RecordRow[] = [];
  const latest = new Map<number, RecordRow>();
  for (const row of candidates) {
    const earlier = latest.get(row.node);
    if (earlier !== undefined && row.startedAt < earlier.fixedAt) {
      dirty.push(overlapOf(row, earlier));
      continue;
    }
    latest.set(row.node, row);
    rows.push(row);
  }
  dirty.sort((one, other) => one.line - other.line);
  return withinDays({ rows, dirty }, bounds.days);
}

/** A dirty row without a date that could be compared stays. */
function withinDays(record: FailureRecord, days: number | undefined): FailureRecord {
  const first = record.rows[0];
  if (days === undefined || first === undefined) return record;
  const end = first.startedAt + days * 86_400_000;
  return {
    rows: record.rows.filter((row) => row.startedAt < end),
    dirty: record.dirty.filter(({ startedAt }) => startedAt === undefined || startedAt < end),
  };
}

function overlapOf(row: RecordRow, earlier: RecordRow): DirtyRow {
  return {
    line: row.line,
    reason: 'OverlapsOnNode',
    startedAt: row.startedAt,
    detail: `node ${row.node} was under repair until ${new Date(earlier.fixedAt).toISOString()} (line ${earlier.line})`,
  };
}

interface Line {
  readonly line: number;
  /** Undefined: no CSV. */
  readonly fields: readonly string[] | undefined;
}

/** Each line by itself: a failure has no line breaks, and one open quote must not swallow the rows after it. */
function parseLines(text: string): readonly Line[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((content, index) => ({ line: index + 1, content }))
    .filter(({ content }) => content.trim() !== '')
    .map(({ line, content }) => ({ line, fields: parseFields(content) }));
}

function parseFields(content: string): readonly string[] | undefined {
  if (!content.includes('"')) return content.split(',');
  try {
    const records: string[][] = parse(content);
    return records[0];
  } catch {
    return undefined;
  }
}

function columnsOf(header: readonly string[], name: string): Readonly<Record<RecordColumn, number>> {
  const names = header.map((column) => column.trim());
  const missing = recordColumns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new RecordUnreadable(
      `${name}: line 1 lacks the column(s) ${missing.join(', ')}; needed are ${recordColumns.join(', ')}`,
    );
  }
  return {
    node: names.indexOf('node'),
    started: names.indexOf('started'),
    fixed: names.indexOf('fixed'),
    category: names.indexOf('category'),
    cause: names.indexOf('cause'),
  };
}

function readRow(
  line: number,
  field: (column: RecordColumn) => string | undefined,
  nodes: number,
): RecordRow | DirtyRow {
  const missing = recordColumns.find((column) => (field(column) ?? '') === '');
  if (missing !== undefined) return { line, reason: 'MissingField', detail: `no ${missing}` };
  const [node = '', started = '', fixed = '', category = '', cause = ''] = recordColumns.map(field);
  const startedAt = parseMinute(started);
  const number = /^\d{1,9}$/.test(node) ? Number(node) : undefined;
  if (number === undefined || number >= nodes) {
    const detail = `node ${node} is not one of 0 to ${nodes - 1}`;
    // A date by which it can be left out where only some days are played.
    return { line, reason: 'NodeOutOfRange', detail, ...(startedAt === undefined ? {} : { startedAt }) };
  }
  if (startedAt === undefined) return { line, reason: 'BadDate', detail: `started ${started}` };
  const dirty = (reason: DirtyReason, detail: string): DirtyRow => ({ line, reason, detail, startedAt });
  const fixedAt = parseMinute(fixed);
  if (fixedAt === undefined) return dirty('BadDate', `fixed ${fixed}`);
  if (fixedAt < startedAt) return dirty('FixBeforeStart', `fixed ${fixed} before it started ${started}`);
  if (!isKnownCategory(category)) return dirty('UnknownCategory', category);
  const kind = kindOf(category, cause);
  if (kind === undefined) return dirty('UnknownCause', `${category}: ${cause}`);
  return { line, node: number, startedAt, fixedAt, category, cause, kind };
}

/** `2002-05-06T08:45`, seconds allowed. Undefined for anything that is no moment of the calendar (February 30th). */
function parseMinute(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?$/.exec(text);
  if (match === null) return undefined;
  const canonical = `${match[1] ?? ''}T${match[2] ?? ''}${match[3] ?? ':00'}.000Z`;
  const moment = Date.parse(canonical);
  if (Number.isNaN(moment) || new Date(moment).toISOString() !== canonical) return undefined;
  return moment;
}
