import type { ClusterName, NodeName, ReportId } from '../../domain/identifiers.js';
import type { Report } from '../../domain/report.js';
import type { KubernetesLease } from '../../adapters/ports/kubernetes.js';
import type { Sighting } from './sighting.js';
import { stableId } from '../stable-id.js';

/** What was said of a stale lease. `asked`: the log may have it or not. Of a fresh one nothing is kept. */
export type LeaseSaying = 'asked' | 'said';

/**
 * Kubelets that stopped renewing their lease although the node still counts as Ready (no node lifecycle controller, or
 * it is slower than we want to be), and those that renew it again. Pure.
 *
 * @returns what has to be said, by node
 */
export function compareLeases(
  context: {
    readonly cluster: ClusterName;
    readonly source: string;
    readonly staleMs: number;
    readonly now: number;
  },
  leases: readonly KubernetesLease[],
  seen: ReadonlyMap<string, Sighting>,
  said: ReadonlyMap<string, LeaseSaying>,
): ReadonlyMap<string, Report> {
  const reports = new Map<string, Report>();
  for (const { metadata, spec } of leases) {
    const sighting = seen.get(metadata.name);
    const { renewTime } = spec;
    if (sighting === undefined || renewTime === undefined) continue;
    const stale = context.now - Date.parse(renewTime) > context.staleMs;
    const before = said.get(metadata.name);
    if (stale ? before === 'said' : before === undefined) continue;
    const report = leaseReport(context, metadata.name, sighting, renewTime, stale ? 'firing' : 'cleared');
    reports.set(metadata.name, report);
  }
  return reports;
}

/** No condition in the evidence: Ready still says True, which must not be taken for a recovery. */
function leaseReport(
  { cluster, source }: { readonly cluster: ClusterName; readonly source: string },
  node: string,
  { nodeUid, bootId }: Sighting,
  renewTime: string,
  status: 'firing' | 'cleared',
): Report {
  return {
    id: stableId('detector', 'lease', status, cluster, node, nodeUid, bootId, renewTime) as ReportId,
    cluster,
    node: node as NodeName,
    type: 'NodeNotReady',
    status,
    source: `${source}-lease`,
    ...(bootId === undefined ? {} : { bootId }),
    observedAt: renewTime,
    evidence: { nodeUid, leaseRenewedAt: renewTime },
  };
}
