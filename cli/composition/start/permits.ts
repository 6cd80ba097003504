import type { KubernetesCluster } from '../../../adapters/ports/kubernetes.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { keepPermits } from '../../../services/guard/keep-permits.js';
import { modeOfNode } from '../../../workflows/policy.js';
import { supervised, supervisionOf, type RunningService, type ServiceContext } from './running-service.js';

/** Of one cluster, in which not everything is only observed. Runs with every executor: it writes on nodes. */
export function startPermits(context: ServiceContext, cluster: KubernetesCluster): RunningService {
  const { configuration, connections } = context;
  const { changeBook: changes, inventory } = connections.journal;
  const name = `permits of ${cluster.cluster}`;
  const supervision = supervisionOf(context, name);
  const keep = {
    ...supervision,
    ...{ cluster, changes },
    isWithheld: async (node: NodeKey) =>
      modeOfNode(configuration.policy, node, (await inventory.member(node))?.pool) === 'observe',
    lookEveryMsNow: () => context.guard().lookEveryMs,
  };
  const ended = context.looks.over(cluster.cluster, context.signal).then(() => keepPermits(keep));
  return supervised(name, ended, supervision);
}
