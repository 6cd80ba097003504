import type { LoggedRequest } from '../../../world/kubernetes/request-log.js';
import type { DirtyRow } from '../../../world/record/row.js';
import type { PlayedRow } from '../../../world/record/played-row.js';
import { outcomes, type Outcome } from '../../../domain/node-state.js';
import { countEffects, isIsolation, isolationTaintKey, type RequestLogs } from './effects.js';
import { fatesOfRows, type FateOfRow } from './row-fates.js';
import type { DemoWorld } from './world.js';
import type { Witness } from './witness.js';

/** What the demo says in the end: counted by an outside subscriber and from the request logs, not from the journal. */
export interface DemoResult {
  readonly apiVersion: 'faultline.dev/v1';
  readonly kind: 'DemoResult';
  readonly rows: number;
  readonly rowsByFate: Readonly<Record<'process' | 'joined' | 'cancelled' | 'ignored' | 'dirty', number>>;
  /** How often each fate had each reason, as `fate/reason`. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly nodes: number;
  readonly reports: number;
  readonly faults: { readonly opened: number; readonly cleared: number };
  readonly processes: { readonly started: number; readonly ended: number; readonly active: number };
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly effects: Readonly<Record<string, number>>;
  readonly timeToCordonMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly timeToRecoverMinutes: { readonly p50: number; readonly p95: number };
  readonly deadLetters: number;
  readonly unaccountedReports: number;
  readonly cordonedLeft: number;
}

export interface DemoEvidence {
  readonly world: DemoWorld;
  readonly witness: Witness;
  readonly ledger: readonly PlayedRow[];
  readonly dirty: readonly DirtyRow[];
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? 0;
}

function ascending(values: readonly number[]): readonly number[] {
  return [...values].sort((left, right) => left - right);
}

/** From intake's answer to the PATCH that isolates, by the wall clock, for rows that an agent or alert reported. */
function timesToCordon(ledger: readonly PlayedRow[], api: readonly LoggedRequest[]): readonly number[] {
  const isolations = new Map<string, LoggedRequest[]>();
  for (const request of api.filter(isIsolation)) {
    const known = isolations.get(request.name ?? '');
    if (known === undefined) isolations.set(request.name ?? '', [request]);
    else known.push(request);
  }
  const times = ledger.map((row) => {
    const first = row.posts.find((post) => post.status === 'firing' && post.answeredAtWall !== undefined);
    const answered = first?.answeredAtWall;
    if (first === undefined || answered === undefined) return undefined;
    // Same instant of the world's clock: it stands still while there is work.
    const patch = isolations.get(row.machine)?.find((request) => request.worldTime === first.postedAt);
    return patch === undefined ? undefined : Math.max(0, patch.wallTime - answered);
  });
  return ascending(times.filter((time) => time !== undefined));
}

function timesToRecover(witness: Witness): readonly number[] {
  const times = [...witness.processes.values()].map(({ outcome, startedAt, endedAt }) =>
    outcome === 'Recovered' && endedAt !== undefined ? (endedAt - startedAt) / 60_000 : undefined,
  );
  return ascending(times.filter((time) => time !== undefined));
}

/** Nodes that carry our taint (by its values) although no process of theirs is active any more. */
function cordonedLeft(isolations: readonly string[], witness: Witness): number {
  const active = new Set(
    [...witness.processes.values()]
      .filter((process) => process.outcome === undefined)
      .map((process) => process.processId),
  );
  return isolations.filter((value) => !active.has(value.split('.')[1] ?? '')).length;
}

function countBy(fates: readonly FateOfRow[], dirty: readonly DirtyRow[]) {
  const rowsByFate = { process: 0, joined: 0, cancelled: 0, ignored: 0, dirty: dirty.length };
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

export async function resultOf({ world, witness, ledger, dirty }: DemoEvidence): Promise<DemoResult> {
  const logs: RequestLogs = {
    api: await world.writes(),
    bmcs: world.bmcs.requests,
    webhook: world.webhook.requests,
  };
  const processes = [...witness.processes.values()];
  const ended = processes.filter((process) => process.outcome !== undefined).length;
  const posted = ledger.flatMap((row) => row.posts.flatMap((post) => post.accepted ?? []));
  const cordon = timesToCordon(ledger, logs.api);
  const recover = timesToRecover(witness);
  const minutes = (part: number): number => Math.round(percentile(recover, part) * 10) / 10;
  return {
    apiVersion: 'faultline.dev/v1',
    kind: 'DemoResult',
    rows: ledger.length + dirty.length,
    ...countBy(fatesOfRows(ledger, world.cluster, witness), dirty),
    nodes: world.fleet.machines.length,
    reports: new Set([...posted, ...witness.fates.keys()]).size,
    faults: witness.faults,
    processes: { started: processes.length, ended, active: processes.length - ended },
    outcomes: Object.fromEntries(
      outcomes.map((outcome) => [outcome, processes.filter((process) => process.outcome === outcome).length]),
    ) as Record<Outcome, number>,
    effects: countEffects(logs),
    timeToCordonMs: {
      p50: percentile(cordon, 0.5),
      p95: percentile(cordon, 0.95),
      p99: percentile(cordon, 0.99),
    },
    timeToRecoverMinutes: { p50: minutes(0.5), p95: minutes(0.95) },
    deadLetters: witness.deadLetters,
    unaccountedReports: posted.filter((id) => !witness.fates.has(id)).length,
    cordonedLeft: cordonedLeft(await world.taintValues(isolationTaintKey), witness),
  };
}
