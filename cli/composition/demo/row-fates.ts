import type { DecidedReport } from '../../../domain/decision.js';
import type { PlayedRow } from '../../../world/record/played-row.js';
import type { SeenProcess, Witness } from './witness.js';

/** `unhandled`: its fault is open or was, and no process ever had to do with it. */
export type RowFate = 'process' | 'joined' | 'cancelled' | 'ignored' | 'unhandled';

/** What became of one row, and why. */
export interface FateOfRow {
  readonly line: number;
  readonly fate: RowFate;
  readonly reason: string;
}

/** The reports that speak of this row: by id where it was posted, by node, type and time where the detector saw it. */
function reportsOf(
  row: PlayedRow,
  cluster: string,
  byNode: ReadonlyMap<string, readonly DecidedReport[]>,
  witness: Witness,
): readonly DecidedReport[] {
  const posted = row.posts
    .filter((post) => post.status === 'firing')
    .flatMap((post) => post.accepted ?? [])
    .map((id) => witness.fates.get(id))
    .filter((decided): decided is DecidedReport => decided !== undefined);
  const { shownAt } = row;
  if (shownAt === undefined) return posted;
  const seen = (byNode.get(`${cluster}/${row.machine}`) ?? []).filter(
    (decided) =>
      decided.source === 'detector' &&
      decided.at >= shownAt &&
      decided.at <= (row.endedAt ?? Infinity) &&
      decided.fate !== 'cleared' &&
      decided.fate !== 'ignored',
  );
  return [...posted, ...seen];
}

const strength: Readonly<Record<DecidedReport['fate'], number>> = {
  opened: 0,
  recurred: 1,
  repeated: 2,
  cleared: 3,
  ignored: 4,
};

interface Handling {
  /** By the fault that each process began with. */
  readonly leading: ReadonlyMap<string, SeenProcess>;
  readonly isHandled: (decided: DecidedReport) => boolean;
}

function handlingBy({ processes, handled }: Witness): Handling {
  const seen = [...processes.values()];
  // What a process has taken on is told when it ends.
  const underWay = new Set(seen.filter(({ outcome }) => outcome === undefined).map(({ node }) => node));
  return {
    leading: new Map(seen.map((process) => [process.leadingFault, process])),
    isHandled: ({ faultId, node }) => (faultId !== undefined && handled.has(faultId)) || underWay.has(node),
  };
}

function fateOf(
  row: PlayedRow,
  reports: readonly DecidedReport[],
  { leading, isHandled }: Handling,
): FateOfRow {
  const { line } = row.row;
  const [best] = [...reports].sort(
    (left, right) => strength[left.fate] - strength[right.fate] || left.at - right.at,
  );
  if (row.shownAt === undefined) return { line, fate: 'ignored', reason: 'NotPlayed' };
  // What shows on a machine that is down, and is mended before it is up again, was mended by the process that is at it.
  if (best === undefined) {
    return row.seen
      ? { line, fate: 'ignored', reason: 'NeverReported' }
      : { line, fate: 'joined', reason: 'MendedWhileDown' };
  }
  if (best.fate === 'ignored') return { line, fate: 'ignored', reason: best.reason ?? 'Ignored' };
  if (!isHandled(best)) return { line, fate: 'unhandled', reason: best.fate };
  const process = best.faultId === undefined ? undefined : leading.get(best.faultId);
  if (process === undefined || best.fate !== 'opened') return { line, fate: 'joined', reason: best.fate };
  if (process.outcome === 'Cancelled')
    return { line, fate: 'cancelled', reason: process.reason ?? 'Cancelled' };
  return { line, fate: 'process', reason: process.outcome ?? 'Active' };
}

/** One fate per row, by what was published and what was posted. */
export function fatesOfRows(
  ledger: readonly PlayedRow[],
  cluster: string,
  witness: Witness,
): readonly FateOfRow[] {
  const byNode = new Map<string, DecidedReport[]>();
  for (const decided of witness.fates.values()) {
    const known = byNode.get(decided.node);
    if (known === undefined) byNode.set(decided.node, [decided]);
    else known.push(decided);
  }
  const handling = handlingBy(witness);
  return ledger.map((row) => fateOf(row, reportsOf(row, cluster, byNode, witness), handling));
}
