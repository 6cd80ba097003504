import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { parse } from 'yaml';

import { packageRoot } from '../../../schemas/package-root.js';
import { ClusterLook } from '../../../world/machines/cluster-look.js';
import { Fleet } from '../../../world/machines/fleet.js';
import { HttpNodeLink } from '../../../world/machines/http-node-link.js';
import { KubernetesHttp } from '../../../world/machines/kubernetes-access.js';
import { createWorkload } from '../../../world/machines/workload.js';
import { realTimeClock } from '../../../world/real-time-clock.js';
import { readAuditLog } from './audit-log.js';
import type { StackEndpoints } from './stack-endpoints.js';
import {
  machineImage,
  startSurroundings,
  workloadFor,
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
  const { cluster, nodes, random, clock, kubernetes, fromWall } = options;
  await grantRights(kubernetes);
  const http = new KubernetesHttp(await accessOf(kubernetes.worldKubeconfig));
  const link = new HttpNodeLink({ http, clock: realTimeClock(), stampNow: () => clock.now(), leaseSeconds });
  const fleet = new Fleet({ nodes, clock, random, link, image: machineImage });
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
    createWorkload: async () => {
      const workload = { ...workloadFor(nodes), ownedBy: 'Deployment' as const };
      await createWorkload({ http, random: random.fork('workload'), ...workload });
    },
    isSettled: () => look.isSettled(),
    writes: () => readAuditLog(kubernetes.auditLog, fromWall),
    taintValues: async (key) =>
      (await look.list('/api/v1/nodes'))
        .flatMap(({ spec }) => spec.taints ?? [])
        .filter((taint) => taint.key === key)
        .map((taint) => taint.value ?? ''),
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

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}

/** The stack's own kubeconfigs have one cluster and one user with a token. */
async function accessOf(path: string) {
  const { clusters, users } = parse(await readFile(path, 'utf8')) as Kubeconfig;
  const [first] = clusters;
  return {
    baseUrl: first?.cluster.server ?? '',
    certificateAuthority: Buffer.from(
      first?.cluster['certificate-authority-data'] ?? '',
      'base64',
    ).toString(),
    token: users[0]?.user.token ?? '',
  };
}
