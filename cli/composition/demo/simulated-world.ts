import { startSimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { taintsOf } from '../../../world/kubernetes/node-and-pod.js';
import { nodes as nodeResource } from '../../../world/kubernetes/resources.js';
import { KubernetesHttp } from '../../../world/machines/kubernetes-access.js';
import { nodeAtTheEnd } from './nodes-at-the-end.js';
import {
  createDemoWorkload,
  fleetOf,
  startSurroundings,
  type DemoWorld,
  type DemoWorldOptions,
} from './world.js';

const token = 'demo-token';

/** A data centre with a simulated Kubernetes, all of it in this process. */
export async function startSimulatedWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { cluster, random, clock } = options;
  const api = await startSimulatedApiServer({ clock, token });
  const fleet = fleetOf(options, api.kubelets);
  fleet.start();
  const surroundings = await startSurroundings(fleet, options);
  const http = new KubernetesHttp({ baseUrl: api.baseUrl, token });
  return {
    cluster,
    random,
    fleet,
    bmcs: surroundings.bmcs,
    webhook: surroundings.webhook,
    kubeconfig: kubeconfigFor(api.baseUrl),
    createWorkload: () => createDemoWorkload(http, options, 'ReplicaSet'),
    // Its controllers have done what follows from a write before the next request is read.
    isSettled: () => Promise.resolve(true),
    writes: () => Promise.resolve(api.requests),
    nodesNow: () =>
      Promise.resolve(
        [...api.state.store.all(nodeResource)].map((node) =>
          nodeAtTheEnd(cluster, {
            ...{ name: node.metadata.name, annotations: node.metadata.annotations, taints: taintsOf(node) },
            unschedulable: node.spec?.['unschedulable'] === true,
          }),
        ),
      ),
    stop: async () => {
      await http.close();
      await Promise.all([api.stop(), surroundings.stop()]);
    },
  };
}

function kubeconfigFor(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'demo', cluster: { server } }],
    users: [{ name: 'demo', user: { token } }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
    'current-context': 'demo',
  };
}
