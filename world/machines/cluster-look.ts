import { type Fleet } from './fleet.js';
import type { HttpNodeLink } from './http-node-link.js';
import type { KubernetesHttp } from './kubernetes-access.js';
import type { Machine } from './machine.js';

export interface ClusterLookOptions {
  readonly http: KubernetesHttp;
  readonly fleet: Fleet;
  readonly link: HttpNodeLink;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly replicas?: number;
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string }[];
  };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** Watchers hear of a change that soon after a list shows it, ms of the wall. */
const hearsayMs = 50;

const silenceTaints = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'];
const outOfService = 'node.kubernetes.io/out-of-service';

/**
 * Whether a real cluster has caught up with its machines: its controllers take time of the wall for what follows from a
 * machine's change, and a clock that jumps has to wait for them.
 */
export class ClusterLook {
  readonly #options: ClusterLookOptions;
  #seen = '';
  #seenAtMs = 0;

  constructor(options: ClusterLookOptions) {
    this.#options = options;
  }

  /** Everything has followed, and nothing has changed for as long as a watcher may take to hear of it. */
  async isSettled(): Promise<boolean> {
    const { link } = this.#options;
    if (link.pending > 0) return false;
    const [nodes, pods, deployments] = await Promise.all([
      this.list('/api/v1/nodes'),
      this.list('/api/v1/pods'),
      this.list('/apis/apps/v1/deployments'),
    ]);
    const seen = [...nodes, ...pods]
      .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
      .join();
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#seenAtMs = performance.now();
    }
    const byName = new Map(nodes.map((node) => [node.metadata.name, node]));
    return (
      performance.now() - this.#seenAtMs >= hearsayMs &&
      this.#options.fleet.machines.every((machine) => hasFollowed(machine, byName.get(machine.name))) &&
      pods.every((pod) => this.#isAtRest(pod, byName)) &&
      deployments.every((deployment) => isComplete(deployment, pods))
    );
  }

  /** All objects of one kind, as stored now. */
  async list(path: string): Promise<readonly ApiObject[]> {
    const { body } = await this.#options.http.send('GET', path);
    return (body as { readonly items: readonly ApiObject[] }).items;
  }

  /** Nothing is about to happen to a pod by itself: on a machine whose kubelet is dead it may stay as it is. */
  #isAtRest({ metadata, spec, status }: ApiObject, nodes: ReadonlyMap<string, ApiObject>): boolean {
    const isGoing = metadata.deletionTimestamp !== undefined;
    if (spec.nodeName === undefined) return isGoing || isUnschedulable(status?.conditions);
    if (this.#options.fleet.machine(spec.nodeName)?.kubeletAlive === true) {
      return !isGoing && status?.phase !== 'Pending';
    }
    const isDaemon = metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
    return isDaemon || !hasTaint(nodes.get(spec.nodeName), [outOfService]);
  }
}

/** Silence that nobody ordered is what a node controller has to find out; a machine that is off is known to be. */
function hasFollowed(machine: Machine, node: ApiObject | undefined): boolean {
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  if (machine.kubeletAlive) return ready === 'True' && !hasTaint(node, silenceTaints);
  if (machine.state === 'off' || machine.state === 'booting') return true;
  return ready === 'Unknown' && hasTaint(node, silenceTaints);
}

function hasTaint(node: ApiObject | undefined, keys: readonly string[]): boolean {
  return node?.spec.taints?.some(({ key }) => keys.includes(key)) === true;
}

function isUnschedulable(conditions: readonly Condition[] | undefined): boolean {
  return (
    conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable') === true
  );
}

function isComplete({ metadata, spec }: ApiObject, pods: readonly ApiObject[]): boolean {
  const present = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && pod.metadata.labels?.['app'] === metadata.name,
  );
  return present.length >= (spec.replicas ?? 1);
}
