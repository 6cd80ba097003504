import type { DirtyRow } from '../../../world/record/row.js';
import type { PlayedRow } from '../../../world/record/played-row.js';
import { outcomes, type Outcome } from '../../../domain/node-state.js';
import { fatesOfRows, type FateOfRow, type RowFate } from './row-fates.js';
import type { Witness } from './witness.js';

/** What became of a record, by what was published and what was posted. */
export interface RecordCounts {
  readonly rows: number;
  readonly rowsByFate: Readonly<Record<RowFate | 'dirty', number>>;
  /** How often each fate had each reason, as `fate/reason`. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly reports: number;
  readonly faults: { readonly opened: number; readonly cleared: number };
  readonly processes: { readonly started: number; readonly ended: number; readonly active: number };
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly timeToRecoverMinutes: { readonly p50: number; readonly p95: number };
  readonly deadLetters: number;
  readonly unaccountedReports: number;
}

export interface RecordEvidence {
  /** Under which the machines were reported. */
  readonly cluster: string;
  readonly witness: Witness;
  readonly ledger: readonly PlayedRow[];
  readonly dirty: readonly DirtyRow[];
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? 0;
}

export function ascending(values: readonly number[]): readonly number[] {
  return [...values].sort((left, right) => left - right);
}

function timesToRecover(witness: Witness): readonly number[] {
  const times = [...witness.processes.values()].map(({ outcome, startedAt, endedAt }) =>
    outcome === 'Recovered' && endedAt !== undefined ? (endedAt - startedAt) / 60_000 : undefined,
  );
  return ascending(times.filter((time) => time !== undefined));
}

function countFates(fates: readonly FateOfRow[], dirty: readonly DirtyRow[]) {
  const rowsByFate = { process: 0, joined: 0, cancelled: 0, ignored: 0, unhandled: 0, dirty: dirty.length };
  const reasons: Record<string, number> = {};
  const count = (key: string): void => {
    reasons[key] = (reasons[key] ?? 0) + 1;
  };
  for (const { fate, reason } of fates) {
    rowsByFate[fate] += 1;
    count(`${fate}/${reason}`);
  }
  for (const { reason } of dirty) count(`dirty/${reason}`);
  return { rowsByFate, reasons };
}

/** Each row and each report is in it once. */
export function countRecord({ cluster, witness, ledger, dirty }: RecordEvidence): RecordCounts {
  const processes = [...witness.processes.values()];
  const ended = processes.filter((process) => process.outcome !== undefined).length;
  const posted = ledger.flatMap((row) => row.posts.flatMap((post) => post.accepted ?? []));
  // What the detector saw was never posted: it is on the log like all others.
  const reports = new Set([...posted, ...witness.reports]);
  const recover = timesToRecover(witness);
  const minutes = (part: number): number => Math.round(percentile(recover, part) * 10) / 10;
  return {
    rows: ledger.length + dirty.length,
    ...countFates(fatesOfRows(ledger, cluster, witness), dirty),
    reports: new Set([...reports, ...witness.fates.keys()]).size,
    faults: witness.faults,
    processes: { started: processes.length, ended, active: processes.length - ended },
    outcomes: Object.fromEntries(
      outcomes.map((outcome) => [outcome, processes.filter((process) => process.outcome === outcome).length]),
    ) as Record<Outcome, number>,
    timeToRecoverMinutes: { p50: minutes(0.5), p95: minutes(0.95) },
    deadLetters: witness.deadLetters,
    unaccountedReports: [...reports].filter((id) => !witness.fates.has(id)).length,
  };
}
