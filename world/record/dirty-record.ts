import type { WorldRandom } from '../random.js';
import { type DirtyReason, dirtyReasons } from './row.js';

export interface DirtyRecordOptions {
  readonly random: WorldRandom;
  /** At least 2. */
  readonly nodes: number;
  readonly goodRows: number;
  /** Of each kind; 20, if not given. At most `goodRows`. */
  readonly ofEachKind?: number;
}

const header = 'node,started,fixed,down_minutes,category,cause,node_count';
const minute = 60_000;
const firstStart = Date.UTC(2003, 0, 1);
/** Starts are a day apart and repairs shorter, so that no good row overlaps another. */
const distance = 24 * 60 * minute;
const longestRepairMinutes = 600;

interface PlannedRow {
  readonly node: string;
  readonly started: string;
  readonly fixed: string;
  readonly category: string;
  readonly cause: string;
}

const goodCauses: readonly (readonly [string, string])[] = [
  ['Hardware', 'CPU'],
  ['Hardware', 'Memory Dimm'],
  ['Hardware', 'Disk Drive'],
  ['Software', 'OS'],
  ['Software', 'Resource Mgmt System'],
  ['Undetermined', 'Undetermined'],
];

/** Makes each kind of dirty row out of a good one. */
const spoil: Readonly<Record<DirtyReason, (good: PlannedRow, nodes: number, count: number) => string>> = {
  Malformed: (good, nodes) => `"${lineOf(good, nodes)}`,
  MissingField: (good, nodes, count) =>
    count % 2 === 0 ? `${good.node},${good.started}` : lineOf({ ...good, cause: '' }, nodes),
  NodeOutOfRange: (good, nodes, count) =>
    lineOf({ ...good, node: count % 2 === 0 ? String(nodes) : '-1' }, nodes),
  BadDate: (good, nodes, count) => lineOf({ ...good, ...(badDates[count % badDates.length] ?? {}) }, nodes),
  FixBeforeStart: (good, nodes) => lineOf({ ...good, started: good.fixed, fixed: good.started }, nodes),
  UnknownCategory: (good, nodes) => lineOf({ ...good, category: 'Firmware' }, nodes),
  UnknownCause: (good, nodes) => lineOf({ ...good, cause: 'Flux Capacitor' }, nodes),
  // The good row stands right before it.
  OverlapsOnNode: (good, nodes) => lineOf(good, nodes),
};

const badDates: readonly Partial<PlannedRow>[] = [
  { started: '2003-02-30T08:00' },
  { fixed: 'yesterday' },
  { started: '2003-13-01T08:00' },
];

/** A record as CSV with dirty rows of each kind among good ones; the same seed gives the same text. */
export function makeDirtyRecord(options: DirtyRecordOptions): string {
  const ofEachKind = options.ofEachKind ?? 20;
  const lines = [header];
  for (let index = 0; index < options.goodRows; index++) {
    const good = planRow(options, index);
    lines.push(lineOf(good, options.nodes));
    if (index >= ofEachKind) continue;
    for (const reason of dirtyReasons) lines.push(spoil[reason](good, options.nodes, index));
  }
  return `${lines.join('\n')}\n`;
}

function planRow({ random, nodes }: DirtyRecordOptions, index: number): PlannedRow {
  const draw = random.fork(`row/${index}`);
  const startedAt = firstStart + index * distance;
  const fixedAt = startedAt + draw.between(10, longestRepairMinutes) * minute;
  const [category, cause] = goodCauses[draw.between(0, goodCauses.length - 1)] ?? ['Hardware', 'CPU'];
  const node = String(draw.between(0, nodes - 1));
  return { node, started: toMinute(startedAt), fixed: toMinute(fixedAt), category, cause };
}

function lineOf(row: PlannedRow, nodes: number): string {
  const down = Math.round((Date.parse(`${row.fixed}Z`) - Date.parse(`${row.started}Z`)) / minute);
  const downMinutes = Number.isNaN(down) ? '' : String(down);
  return [row.node, row.started, row.fixed, downMinutes, row.category, row.cause, String(nodes)].join(',');
}

function toMinute(moment: number): string {
  return new Date(moment).toISOString().slice(0, 16);
}
