import type { LoggedRequest } from '../../../world/kubernetes/request-log.js';
import type { DirtyRow } from '../../../world/record/row.js';
import type { PlayedRow } from '../../../world/record/played-row.js';
import { countEffects, isIsolation, type RequestLogs } from './effects.js';
import { ascending, countRecord, percentile, type RecordCounts } from './record-counts.js';
import { leftOutOfService } from './nodes-at-the-end.js';
import type { DemoWorld } from './world.js';
import type { Witness } from './witness.js';

/** What the demo says in the end: counted by an outside subscriber and from the request logs, not from the journal. */
export interface DemoResult extends RecordCounts {
  readonly apiVersion: 'faultline.dev/v1';
  readonly kind: 'DemoResult';
  readonly nodes: number;
  readonly effects: Readonly<Record<string, number>>;
  readonly timeToCordonMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly cordonedLeft: number;
}

export interface DemoEvidence {
  readonly world: DemoWorld;
  readonly witness: Witness;
  readonly ledger: readonly PlayedRow[];
  readonly dirty: readonly DirtyRow[];
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

export async function resultOf({ world, witness, ledger, dirty }: DemoEvidence): Promise<DemoResult> {
  const logs: RequestLogs = {
    api: await world.writes(),
    bmcs: world.bmcs.requests,
    webhook: world.webhook.requests,
  };
  const cordon = timesToCordon(ledger, logs.api);
  return {
    apiVersion: 'faultline.dev/v1',
    kind: 'DemoResult',
    ...countRecord({ cluster: world.cluster, witness, ledger, dirty }),
    nodes: world.fleet.machines.length,
    effects: countEffects(logs),
    timeToCordonMs: {
      p50: percentile(cordon, 0.5),
      p95: percentile(cordon, 0.95),
      p99: percentile(cordon, 0.99),
    },
    cordonedLeft: leftOutOfService(await world.nodesNow(), witness),
  };
}
