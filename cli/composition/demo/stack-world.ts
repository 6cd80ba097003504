import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { packageRoot } from '../../../schemas/package-root.js';
import { ClusterLook } from '../../../world/machines/cluster-look.js';
import { HttpNodeLink } from '../../../world/machines/http-node-link.js';
import { accessFromFile, KubernetesHttp } from '../../../world/machines/kubernetes-access.js';
import { realTimeClock } from '../../../world/real-time-clock.js';
import { readAuditLog } from './audit-log.js';
import { nodeAtTheEnd } from './nodes-at-the-end.js';
import type { StackEndpoints } from './stack-endpoints.js';
import {
  createDemoWorkload,
  fleetOf,
  startSurroundings,
  type DemoWorld,
  type DemoWorldOptions,
} from './world.js';

export interface StackWorldOptions extends DemoWorldOptions {
  readonly kubernetes: StackEndpoints['kubernetes'];
  /** Places a time of the wall on the record's clock. */
  readonly fromWall: (wallMs: number) => number;
}

/** More often than a real kubelet: the node controller of the stack gives up after 20 s. */
const leaseSeconds = 5;

/**
 * The machines of the world as nodes of a real Kubernetes, whose controllers, scheduler and kwok do the rest. Kubelets
 * beat by the clock of the wall, by which the controllers go; what happens to machines has the record's time.
 */
export async function startStackWorld(options: StackWorldOptions): Promise<DemoWorld> {
  const { cluster, random, clock, kubernetes, fromWall } = options;
  await grantRights(kubernetes);
  const http = new KubernetesHttp(await accessFromFile(kubernetes.worldKubeconfig));
  const link = new HttpNodeLink({ http, clock: realTimeClock(), stampNow: () => clock.now(), leaseSeconds });
  const fleet = fleetOf(options, link);
  fleet.start();
  await link.settled();
  const surroundings = await startSurroundings(fleet, options);
  const look = new ClusterLook({ http, fleet, link });
  return {
    cluster,
    random,
    fleet,
    bmcs: surroundings.bmcs,
    webhook: surroundings.webhook,
    kubeconfig: kubernetes.faultlineKubeconfig,
    createWorkload: () => createDemoWorkload(http, options, 'Deployment'),
    isSettled: () => look.isSettled(),
    writes: () => readAuditLog(kubernetes.auditLog, fromWall),
    nodesNow: async () =>
      (await look.list('/api/v1/nodes')).map(({ metadata: { name, annotations }, spec }) =>
        nodeAtTheEnd(cluster, {
          ...{ name, annotations, taints: spec.taints ?? [] },
          unschedulable: spec.unschedulable === true,
        }),
      ),
    stop: async () => {
      await link.close();
      await http.close();
      await surroundings.stop();
    },
  };
}

/** Faultline gets what `deploy/` gives it on any cluster, and no more. */
async function grantRights({ kubectl, kubeconfig }: StackEndpoints['kubernetes']): Promise<void> {
  await promisify(execFile)(kubectl, ['apply', '-f', join(packageRoot(), 'deploy/rbac.yaml')], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
}
