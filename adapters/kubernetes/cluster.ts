import type { Clock, Randomness } from '../ports/clock.js';
import type {
  JsonPatch,
  KubernetesAnswer,
  KubernetesCluster,
  KubernetesNode,
  KubernetesPod,
  NewEvent,
} from '../ports/kubernetes.js';
import { fieldManager } from '../ports/node-marks.js';
import type { NodeLeases } from '../ports/node-lease.js';
import type { ClusterAccess } from './access.js';
import { decodeLease, decodeNode, decodePod, memberOf, type DecodedList } from './decode.js';
import { listAll } from './list-all.js';
import { createNodeLeases } from './node-leases.js';
import { eventBody, eventNamespace } from './node-event.js';
import { SeenNodes } from './seen-nodes.js';
import { createTransport, type Transport } from './transport.js';
import { watchNodes } from './watch.js';

export interface ClusterOptions {
  /** Name of the cluster in the configuration. */
  readonly cluster: string;
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Of Faultline, for the user agent. */
  readonly version: string;
  /** Default 32. */
  readonly connections?: number;
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Default 280 s. */
  readonly watchSeconds?: number;
}

export type ConnectedCluster = KubernetesCluster & {
  /** Those by which the operators of medik8s keep out of each other's way. */
  nodeLeases(holder: string): NodeLeases;
  /** Ends all connections at once. */
  close(): Promise<void>;
};

/** A client for one cluster. Connects when first used; statuses of the API never throw. */
export function connectCluster(options: ClusterOptions): ConnectedCluster {
  const transport = createTransport({
    access: options.access,
    userAgent: `faultline/${options.version}`,
    connections: options.connections ?? 32,
    timeoutMs: options.timeoutMs ?? 10_000,
  });
  const seen = new SeenNodes();
  const listNodes = (
    selection: Readonly<Record<string, string>> = {},
  ): Promise<KubernetesAnswer<DecodedList<KubernetesNode>>> =>
    listAll(transport, '/api/v1/nodes', selection, decodeNode);
  return {
    cluster: options.cluster,
    version: () => get(transport, '/version', gitVersionOf),
    mayI: (verb, group, resource, subresource) =>
      transport.call(
        accessReview(verb, group, resource, subresource),
        (body) => memberOf(body, 'status', 'allowed') === true,
      ),
    getNode: (name) => get(transport, nodePath(name), decodeNode),
    listNodesLabelled: async (label) => itemsOf(await listNodes({ labelSelector: label })),
    nodeSeen: (name) => seen.get(name),
    patchNode: (name, patch) =>
      transport.call(jsonPatch(`${nodePath(name)}?fieldManager=${fieldManager}`, patch), decodeNode),
    ...podCalls(transport),
    async listNodeLeases() {
      const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
      return itemsOf(await listAll(transport, path, {}, decodeLease));
    },
    createEvent: (event: NewEvent) =>
      transport.call(
        {
          verb: 'create',
          method: 'POST',
          path: `/api/v1/namespaces/${eventNamespace}/events`,
          body: eventBody(event, options.randomness.uuid()),
        },
        () => true,
      ),
    watchNodes: (signal, onTrouble, onAnswer) =>
      seen.remembering(
        watchNodes(
          {
            transport,
            clock: options.clock,
            randomness: options.randomness,
            listNodes,
            watchSeconds: options.watchSeconds ?? 280,
          },
          signal,
          onTrouble,
          onAnswer,
        ),
      ),
    nodeLeases: (holder) => createNodeLeases({ transport, clock: options.clock, holder }),
    close: () => transport.close(),
  };
}

type PodCalls = Pick<KubernetesCluster, 'listPodsOnNode' | 'patchPod' | 'evictPod' | 'deletePod' | 'getPod'>;

function podCalls(transport: Transport): PodCalls {
  const done = (): true => true;
  return {
    async listPodsOnNode(name): Promise<KubernetesAnswer<readonly KubernetesPod[]>> {
      return itemsOf(
        await listAll(transport, '/api/v1/pods', { fieldSelector: `spec.nodeName=${name}` }, decodePod),
      );
    },
    patchPod: (namespace, name, patch) =>
      transport.call(jsonPatch(podPath(namespace, name), patch), decodePod),
    evictPod: ({ namespace, name, uid, resourceVersion }) =>
      transport.call(
        {
          verb: 'evict',
          method: 'POST',
          path: `${podPath(namespace, name)}/eviction`,
          body: {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { name, namespace },
            deleteOptions: { preconditions: { uid, resourceVersion } },
          },
        },
        done,
      ),
    deletePod: ({ namespace, name, uid, resourceVersion }, gracePeriodSeconds) =>
      transport.call(
        {
          verb: 'delete',
          method: 'DELETE',
          path: podPath(namespace, name),
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            gracePeriodSeconds,
            preconditions: { uid, resourceVersion },
          },
        },
        done,
      ),
    getPod: (namespace, name) => get(transport, podPath(namespace, name), decodePod),
  };
}

function get<Value>(
  transport: Transport,
  path: string,
  decode: (body: unknown) => Value,
): Promise<KubernetesAnswer<Value>> {
  return transport.call({ verb: 'get', method: 'GET', path }, decode);
}

function itemsOf<Item>(answer: KubernetesAnswer<DecodedList<Item>>): KubernetesAnswer<readonly Item[]> {
  return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.items } : answer;
}

function jsonPatch(path: string, patch: JsonPatch) {
  return {
    verb: 'patch',
    method: 'PATCH',
    path,
    body: patch,
    contentType: 'application/json-patch+json',
  } as const;
}

function accessReview(verb: string, group: string, resource: string, subresource: string | undefined) {
  const resourceAttributes = { verb, group, resource, ...(subresource === undefined ? {} : { subresource }) };
  return {
    verb: 'create',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    },
  } as const;
}

function nodePath(name: string): string {
  return `/api/v1/nodes/${part(name)}`;
}

function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${part(namespace)}/pods/${part(name)}`;
}

function part(text: string): string {
  return encodeURIComponent(text);
}

function gitVersionOf(body: unknown): string {
  const version = memberOf(body, 'gitVersion');
  return typeof version === 'string' ? version : 'unknown';
}
