import { accessFromKubeconfig, accessFromServiceAccount } from '../../adapters/kubernetes/access.js';
import { connectCluster, type ConnectedCluster } from '../../adapters/kubernetes/cluster.js';
import type { ClusterConfiguration, Configuration } from '../configuration/configuration.js';
import { dependency, type Dependency } from './dependency.js';
import type { Surroundings } from './surroundings.js';

function openCluster(cluster: ClusterConfiguration, surroundings: Surroundings): ConnectedCluster {
  const { clock, randomness, environment, version } = surroundings;
  const access =
    cluster.access.kind === 'inCluster'
      ? accessFromServiceAccount(environment)
      : accessFromKubeconfig(cluster.access.path, cluster.access.context);
  return connectCluster({ cluster: cluster.name, access, clock, randomness, version });
}

function clusterOf({ path }: Configuration, { name, access }: ClusterConfiguration): Dependency {
  return {
    what: `cluster ${name}`,
    where: access.kind === 'inCluster' ? 'its service account' : access.path,
    next: `mend the cluster's kubeconfig in ${path}; \`faultline doctor\` tries every connection`,
  };
}

/** All clusters of the configuration, into `clusters`: what was opened is there also when another one can't be. */
export async function openClusters(
  configuration: Configuration,
  surroundings: Surroundings,
  clusters: Map<string, ConnectedCluster>,
): Promise<void> {
  for (const cluster of configuration.clusters) {
    const open = (): ConnectedCluster => openCluster(cluster, surroundings);
    clusters.set(cluster.name, await dependency(clusterOf(configuration, cluster), open));
  }
}
