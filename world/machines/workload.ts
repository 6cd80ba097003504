import type { WorldRandom } from '../random.js';
import type { KubernetesHttp } from './kubernetes-access.js';

export interface WorkloadOptions {
  readonly http: KubernetesHttp;
  readonly random: WorldRandom;
  /** Namespace of everything but the daemon; made if missing. */
  readonly namespace: string;
  /** Replica sets, of 2 to 6 pods each. */
  readonly replicaSets: number;
  /** Who keeps the replica sets: themselves (if not given), or a Deployment each, where a controller runs those. */
  readonly ownedBy?: 'ReplicaSet' | 'Deployment';
  /** Part of the replica sets that have a disruption budget (at most one pod may be missing). */
  readonly budgetShare: number;
  /** Pods that nobody starts anew elsewhere. */
  readonly barePods: number;
  /** One pod on each node that is not to be moved. */
  readonly daemonSet: boolean;
}

export interface CreatedWorkload {
  readonly replicaSets: number;
  /** What the replica sets ask for together. */
  readonly replicas: number;
  readonly budgets: number;
  readonly barePods: number;
  readonly daemonSets: number;
}

interface Manifest {
  readonly path: string;
  readonly body: object;
}

const concurrency = 8;

/**
 * Creates what runs on a cluster; where the pods go is the scheduler's matter. Idempotent: what exists stays as it is,
 * and the same seed names and sizes the same things. Rejects with UnexpectedStatus.
 */
export async function createWorkload(options: WorkloadOptions): Promise<CreatedWorkload> {
  const { http, namespace } = options;
  const create = async ({ path, body }: Manifest): Promise<void> => {
    await http.send('POST', path, { body, accept: [409] });
  };
  await create({
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  });
  const sets = replicaSets(options);
  const bare = Array.from({ length: options.barePods }, (_, index) => barePod(namespace, index));
  const daemons = options.daemonSet ? [daemonSet()] : [];
  // Budgets first: a pod must never be there without the one that protects it.
  const manifests = [
    ...sets.flatMap((set) => set.budget ?? []),
    ...daemons,
    ...sets.map((set) => set.manifest),
    ...bare,
  ];
  for (let start = 0; start < manifests.length; start += concurrency) {
    await Promise.all(manifests.slice(start, start + concurrency).map(create));
  }
  return {
    replicaSets: sets.length,
    replicas: sets.reduce((sum, set) => sum + set.replicas, 0),
    budgets: sets.filter((set) => set.budget !== undefined).length,
    barePods: bare.length,
    daemonSets: daemons.length,
  };
}

interface PlannedSet {
  readonly replicas: number;
  readonly manifest: Manifest;
  readonly budget: Manifest | undefined;
}

function replicaSets({
  random,
  namespace,
  replicaSets: count,
  budgetShare,
  ownedBy,
}: WorkloadOptions): readonly PlannedSet[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `service-${String(index).padStart(4, '0')}`;
    const draw = random.fork(name);
    const replicas = draw.between(2, 6);
    const budget = draw.chance(budgetShare) ? disruptionBudget(namespace, name) : undefined;
    return {
      replicas,
      manifest: replicaSet(namespace, name, { replicas, kind: ownedBy ?? 'ReplicaSet' }),
      budget,
    };
  });
}

function replicaSet(
  namespace: string,
  name: string,
  { replicas, kind }: { readonly replicas: number; readonly kind: 'ReplicaSet' | 'Deployment' },
): Manifest {
  const labels = { app: name };
  return {
    path: `/apis/apps/v1/namespaces/${namespace}/${kind === 'Deployment' ? 'deployments' : 'replicasets'}`,
    body: {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, namespace, labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(name) },
      },
    },
  };
}

function disruptionBudget(namespace: string, name: string): Manifest {
  return {
    path: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
    body: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } },
    },
  };
}

function barePod(namespace: string, index: number): Manifest {
  const name = `job-${String(index).padStart(4, '0')}`;
  return {
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { app: name } },
      spec: podSpec(name),
    },
  };
}

function daemonSet(): Manifest {
  const labels = { app: 'node-exporter' };
  return {
    path: '/apis/apps/v1/namespaces/kube-system/daemonsets',
    body: {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'node-exporter', namespace: 'kube-system', labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { ...podSpec('node-exporter'), tolerations: [{ operator: 'Exists' }] },
        },
      },
    },
  };
}

/** Never pulled: nodes are simulated, on the real API server too. */
function podSpec(name: string): object {
  return {
    terminationGracePeriodSeconds: 30,
    containers: [
      { name, image: `registry.world/${name}:1`, resources: { requests: { cpu: '100m', memory: '64Mi' } } },
    ],
  };
}
