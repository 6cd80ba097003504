import type { NodeLeases } from '../../adapters/ports/node-lease.js';
import type { ServiceContext } from './start/running-service.js';

/** Of the clusters whose configuration says so; where everything is only observed nothing is held, so nothing is heeded. */
export function leasesOf({
  configuration,
  connections,
  installation,
}: ServiceContext): ReadonlyMap<string, NodeLeases> {
  const leases = new Map<string, NodeLeases>();
  for (const { name, mayAct, medik8sLeases } of configuration.clusters) {
    const api = connections.clusters.get(name);
    if (medik8sLeases && mayAct && api !== undefined)
      leases.set(name, api.nodeLeases(`faultline-${installation.id}`));
  }
  return leases;
}
