import type { ClusterName, NodeName, ReportId } from '../../domain/identifiers.js';
import type { Report } from '../../domain/report.js';
import type { KubernetesLease } from '../../adapters/ports/kubernetes.js';
import type { Sighting } from './sighting.js';
import { stableId } from './stable-id.js';

/**
 * Kubelets that stopped renewing their lease although the node still counts as Ready (no node lifecycle controller, or
 * it is slower than we want to be). Pure. What was said is remembered by the lease's renewal time.
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
  said: ReadonlyMap<string, string>,
): { readonly reports: readonly Report[]; readonly said: ReadonlyMap<string, string> } {
  const reports: Report[] = [];
  const saidNow = new Map<string, string>();
  for (const { metadata, spec } of leases) {
    const sighting = seen.get(metadata.name);
    const { renewTime } = spec;
    if (sighting === undefined || renewTime === undefined) continue;
    const stale = context.now - Date.parse(renewTime) > context.staleMs;
    const before = said.get(metadata.name);
    if (stale) saidNow.set(metadata.name, renewTime);
    if (stale === (before !== undefined)) continue;
    reports.push(leaseReport(context, metadata.name, sighting, renewTime, stale ? 'firing' : 'cleared'));
  }
  return { reports, said: saidNow };
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
    id: stableId('lease', status, cluster, node, nodeUid, bootId, renewTime) as ReportId,
    cluster,
    node: node as NodeName,
    type: 'NodeNotReady',
    status,
    source: `${source}-lease`,
    ...(bootId === undefined ? {} : { bootId }),
    observedAt: renewTime,
    evidence: { leaseRenewedAt: renewTime },
  };
}
