import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { startKubernetes, type KubernetesStack } from '../../stack/kubernetes.js';
import { kubeletLabel } from '../../stack/kwok-stages.js';
import type { Place } from '../../stack/site.js';
import { Fleet } from '../../world/machines/fleet.js';
import { HttpNodeLink } from '../../world/machines/http-node-link.js';
import { accessFromFile, KubernetesHttp } from '../../world/machines/kubernetes-access.js';
import { nodeNameOf } from '../../world/machines/node-registration.js';
import { seededRandom } from '../../world/random.js';
import { realTimeClock } from '../../world/real-time-clock.js';

/** Each look is a program or two that has to start: asked all the time, they take a core from what is looked at. */
export const patience = { timeout: 90_000, interval: 1_000 };

/** A real Kubernetes whose nodes are machines of the world, and who runs them. */
export interface RealCluster {
  readonly name: string;
  readonly kubernetes: KubernetesStack;
  readonly fleet: Fleet;
  /** `kubectl get … -o json`, undefined when it isn't there. */
  get(...args: readonly string[]): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** One value by a JSON path of kubectl, empty when it isn't there. */
  value(path: string, ...args: readonly string[]): Promise<string>;
}

async function startMachines(
  place: Place,
  kubernetes: KubernetesStack,
  nodes: number,
): Promise<{ fleet: Fleet; link: HttpNodeLink }> {
  const http = new KubernetesHttp(await accessFromFile(kubernetes.kubeconfigOf('world')));
  const clock = realTimeClock();
  const link = new HttpNodeLink({ http, clock, leaseSeconds: 5 });
  place.cleanups.add(() => link.close());
  const fleet = new Fleet({
    nodes,
    clock,
    link,
    random: seededRandom(kubernetes.name),
    image: 'Faultline OS 1',
    problemDetector: 'external',
    bootMs: [3_000, 5_000],
  });
  return { fleet, link };
}

/** Starts a cluster whose machines run and whose Faultline account has the rights of `deploy/rbac.yaml`, no more. */
export async function startRealCluster(place: Place, name: string, nodes: number): Promise<RealCluster> {
  const kubernetes = await startKubernetes({ name, folder: join(place.folder, `kubernetes-${name}`) });
  place.cleanups.add(() => kubernetes.stop());
  await vi.waitFor(() => kubernetes.kubectl('get', 'namespace', 'kube-node-lease', 'default'), patience);
  await kubernetes.kubectl('apply', '-f', join(import.meta.dirname, '../../deploy/rbac.yaml'));
  const { fleet, link } = await startMachines(place, kubernetes, nodes);
  fleet.start();
  await link.settled();
  await kubernetes.kubectl(
    'wait',
    '--for=condition=Ready',
    '--timeout=60s',
    'node',
    '--selector',
    kubeletLabel,
  );
  const value = (path: string, ...args: readonly string[]): Promise<string> =>
    kubernetes.kubectl('get', '--ignore-not-found', ...args, '-o', `jsonpath=${path}`);
  return {
    name,
    kubernetes,
    fleet,
    value,
    async get(...args) {
      const text = await kubernetes.kubectl('get', '--ignore-not-found', ...args, '-o', 'json');
      return text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
    },
  };
}

/** Applies an object as the administrator. */
export async function apply(place: Place, cluster: RealCluster, object: object): Promise<void> {
  const file = join(place.folder, `applied-${cluster.name}.json`);
  await writeFile(file, JSON.stringify(object));
  await cluster.kubernetes.kubectl('apply', '-f', file);
}

/** Section of the configuration for this cluster, with the service account's rights. */
export function clusterSection(
  cluster: RealCluster,
  bmc?: object,
  mode: 'observe' | 'active' = 'active',
): object {
  return {
    name: cluster.name,
    kubeconfig: cluster.kubernetes.kubeconfigOf('faultline'),
    mode,
    ...(bmc === undefined ? {} : { bmc }),
  };
}

export { nodeNameOf };
