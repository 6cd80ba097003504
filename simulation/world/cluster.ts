import type {
  JsonPatch,
  KubernetesAnswer,
  KubernetesCluster,
  KubernetesLease,
  KubernetesNode,
  KubernetesPod,
  NodeEvent,
  PodVersion,
} from '../../adapters/ports/kubernetes.js';
import { decodeNode, decodePod } from '../../adapters/kubernetes/decode.js';
import { fieldManager } from '../../adapters/ports/node-marks.js';
import { SeenNodes } from '../../adapters/kubernetes/seen-nodes.js';
import { applyJsonPatch } from '../../world/kubernetes/json-patch.js';
import { ApiRefusal } from '../../world/kubernetes/status.js';
import { clusterName, type Site } from './site.js';
import { NodeStream, type WatchPace } from './node-stream.js';

const notFound = { kind: 'notFound' } as const;

function ok<Value>(value: Value): KubernetesAnswer<Value> {
  return { kind: 'ok', value };
}

/** The API server as one part sees it. Acts at once; latency and trouble are put in front of it. */
export class SimulatedCluster implements KubernetesCluster {
  readonly cluster = clusterName;
  readonly #site: Site;
  readonly #by: string;
  readonly #pace: WatchPace;
  readonly #seen = new SeenNodes();
  /** When the request was sent that acts now. */
  issuedAt = 0;

  /** @param by the part that asks */
  constructor(site: Site, by: string, pace: WatchPace) {
    this.#site = site;
    this.#by = by;
    this.#pace = pace;
  }

  version(): Promise<KubernetesAnswer<string>> {
    return Promise.resolve(ok('v1.35.0'));
  }

  mayI(): Promise<KubernetesAnswer<boolean>> {
    return Promise.resolve(ok(true));
  }

  getNode(name: string): Promise<KubernetesAnswer<KubernetesNode>> {
    const seen = this.#site.nodes.get(name);
    this.#site.tell({ kind: 'looked', by: this.#by, node: this.#site.keyOf(name), seen });
    return Promise.resolve(seen === undefined ? notFound : ok(seen));
  }

  listNodesLabelled(label: string): Promise<KubernetesAnswer<readonly KubernetesNode[]>> {
    const carries = ({ metadata }: KubernetesNode): boolean => metadata.labels?.[label] !== undefined;
    return Promise.resolve(ok([...this.#site.nodes.values()].filter(carries)));
  }

  nodeSeen(name: string): KubernetesNode | undefined {
    return this.#seen.get(name);
  }

  patchNode(name: string, patch: JsonPatch): Promise<KubernetesAnswer<KubernetesNode>> {
    const before = this.#site.nodes.get(name);
    if (before === undefined) return Promise.resolve(notFound);
    const patched = patchedBy(before, patch, decodeNode);
    if (patched === undefined) return Promise.resolve({ kind: 'unprocessable', message: 'test failed' });
    const after = this.#site.putNode(patched, fieldManager);
    const node = this.#site.keyOf(name);
    const { issuedAt } = this;
    this.#site.tell({ kind: 'node patched', by: this.#by, node, before, after, issuedAt });
    return Promise.resolve(ok(after));
  }

  listPodsOnNode(name: string): Promise<KubernetesAnswer<readonly KubernetesPod[]>> {
    return Promise.resolve(ok(this.#site.podsOn(name)));
  }

  patchPod(_namespace: string, name: string, patch: JsonPatch): Promise<KubernetesAnswer<KubernetesPod>> {
    const before = this.#site.pods.get(name);
    if (before === undefined) return Promise.resolve(notFound);
    const patched = patchedBy(before, patch, decodePod);
    if (patched === undefined) return Promise.resolve({ kind: 'unprocessable', message: 'test failed' });
    return Promise.resolve(ok(this.#site.putPod(patched)));
  }

  evictPod(pod: PodVersion): Promise<KubernetesAnswer<true>> {
    if ((this.#site.budgets.get(pod.name) ?? 0) > this.#site.agenda.now) {
      const message = 'Cannot evict pod as it would violate the disruption budget';
      return Promise.resolve({ kind: 'disruptionBudget', message, retryAfterMs: 10_000 });
    }
    return this.#tellToGo('evict', pod);
  }

  deletePod(pod: PodVersion): Promise<KubernetesAnswer<true>> {
    return this.#tellToGo('delete', pod);
  }

  getPod(_namespace: string, name: string): Promise<KubernetesAnswer<KubernetesPod>> {
    const pod = this.#site.pods.get(name);
    return Promise.resolve(pod === undefined ? notFound : ok(pod));
  }

  listNodeLeases(): Promise<KubernetesAnswer<readonly KubernetesLease[]>> {
    return Promise.resolve(ok(this.#site.leases()));
  }

  createEvent(): Promise<KubernetesAnswer<true>> {
    return Promise.resolve(ok(true));
  }

  watchNodes(signal: AbortSignal): AsyncIterable<NodeEvent> {
    return this.#seen.remembering(this.#watch(signal));
  }

  /** A stream that breaks when `next` says so, as watches do; then everything is listed again. */
  async *#watch(signal: AbortSignal): AsyncIterable<NodeEvent> {
    while (!signal.aborted) {
      const stream = new NodeStream(this.#site, signal);
      try {
        yield { kind: 'listed', nodes: await this.#pace.list(() => [...this.#site.nodes.values()]) };
        for (
          let event = await stream.next(this.#pace);
          event !== undefined;
          event = await stream.next(this.#pace)
        )
          yield event;
      } finally {
        stream.close();
      }
    }
  }

  #tellToGo(verb: 'evict' | 'delete', asRead: PodVersion): Promise<KubernetesAnswer<true>> {
    const pod = this.#site.pods.get(asRead.name);
    if (pod === undefined) return Promise.resolve(notFound);
    const { uid, resourceVersion } = pod.metadata;
    if (uid !== asRead.uid || resourceVersion !== asRead.resourceVersion)
      return Promise.resolve({ kind: 'conflict', message: 'another uid or version' });
    const { nodeName } = pod.spec;
    if (pod.metadata.deletionTimestamp === undefined && nodeName !== undefined) {
      const node = this.#site.keyOf(nodeName);
      const { issuedAt } = this;
      this.#site.tell({ kind: 'pod told to go', by: this.#by, verb, node, pod, issuedAt });
      this.#site.terminate(pod);
    }
    return Promise.resolve(ok(true));
  }
}

/** Undefined: one of its tests failed, or it does not fit. The answer is read as the real adapter reads it. */
function patchedBy<Item>(item: Item, patch: JsonPatch, decode: (body: unknown) => Item): Item | undefined {
  try {
    return decode(applyJsonPatch(item, patch));
  } catch (error) {
    if (error instanceof ApiRefusal) return undefined;
    throw error;
  }
}
