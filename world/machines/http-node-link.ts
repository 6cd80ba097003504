import type { ScheduledCall, WorldClock } from '../clock.js';
import {
  type NodeInfo,
  type NodeRegistration,
  registrationBody,
  type ReportedCondition,
} from '../kubernetes/kubelet.js';
import { type KubernetesHttp, UnexpectedStatus } from './kubernetes-access.js';
import type { NodeLink } from './node-link.js';
import { ready } from './node-registration.js';

export interface HttpNodeLinkOptions {
  readonly http: KubernetesHttp;
  /** Of heartbeats: the one that the cluster's controllers go by. */
  readonly clock: WorldClock;
  /** What conditions are stamped with; the time of `clock`, if not given. */
  readonly stampNow?: () => number;
  /** Between two renewals of a lease, s. 10, if not given: what kubelets do; node controllers give up after 40. */
  readonly leaseSeconds?: number;
  /** Hears of every call that failed and is tried again. */
  readonly onTrouble?: (nodeName: string, error: Error) => void;
}

interface NodeVoice {
  alive: boolean;
  conditions: ReadonlyMap<string, ReportedCondition>;
  heartbeat: ScheduledCall | undefined;
  /** Calls about this node, one after the other. */
  queue: Promise<void>;
}

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const retryMs = 1000;
/** On a Node while its kubelet runs; on the real stack, whoever plays its pods goes by it. */
const kubeletLabel = 'world.faultline.dev/kubelet';

/**
 * Speaks for nodes to any API server: registers, renews leases, states conditions. A call that fails is tried again
 * until it succeeds or the link is closed. Turning a silent node Unknown is left to the node lifecycle controller.
 */
export class HttpNodeLink implements NodeLink {
  readonly #options: HttpNodeLinkOptions;
  readonly #nodes = new Map<string, NodeVoice>();
  #pending = 0;
  #closed = false;

  constructor(options: HttpNodeLinkOptions) {
    this.#options = options;
  }

  /** Calls that have not succeeded yet; heartbeats don't count. */
  get pending(): number {
    return this.#pending;
  }

  registerNode(registration: NodeRegistration): void {
    const { name } = registration;
    const known = this.#nodes.get(name);
    const node: NodeVoice = known ?? {
      alive: true,
      conditions: new Map(),
      heartbeat: undefined,
      queue: Promise.resolve(),
    };
    this.#nodes.set(name, node);
    node.alive = true;
    node.conditions = merged(node.conditions, registration.conditions);
    this.#enqueue(name, node, async () => {
      const body = { apiVersion: 'v1', kind: 'Node', ...registrationBody(registration) };
      await this.#options.http.send('POST', '/api/v1/nodes', { body, accept: [409] });
      await this.#patchStatus(name, { ...statusOf(body), conditions: this.#stamped(node) });
      await this.#renewLease(name);
      await this.#label(name, node);
    });
    this.#beat(name, node);
  }

  setAlive(nodeName: string, alive: boolean): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined || node.alive === alive) return;
    node.alive = alive;
    node.heartbeat?.cancel();
    if (!alive) {
      this.#enqueue(nodeName, node, () => this.#label(nodeName, node));
      return;
    }
    this.#enqueue(nodeName, node, async () => {
      if (!node.alive) return;
      await this.#renewLease(nodeName);
      await this.#patchStatus(nodeName, { conditions: this.#stamped(node) });
      await this.#label(nodeName, node);
    });
    this.#beat(nodeName, node);
  }

  setConditions(nodeName: string, conditions: readonly ReportedCondition[]): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined) return;
    const before = node.conditions;
    node.conditions = merged(before, conditions);
    const moved = new Set(
      conditions.filter(({ type, status }) => before.get(type)?.status !== status).map(({ type }) => type),
    );
    // Problems are told by a daemon of their own: it speaks even while the kubelet is dead, but never about Ready.
    const told = conditions.filter(({ type }) => type !== ready.type);
    this.#enqueue(nodeName, node, () =>
      this.#patchStatus(nodeName, {
        conditions: told.map((condition) => this.#stamp(condition, moved.has(condition.type))),
      }),
    );
  }

  setNodeInfo(nodeName: string, nodeInfo: NodeInfo): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined) return;
    this.#enqueue(nodeName, node, () => this.#patchStatus(nodeName, { nodeInfo }));
  }

  deregisterNode(nodeName: string): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined) return;
    node.heartbeat?.cancel();
    this.#enqueue(nodeName, node, async () => {
      await this.#options.http.send('DELETE', `/api/v1/nodes/${nodeName}`, { accept: [404] });
      await this.#options.http.send('DELETE', `${leases}/${nodeName}`, { accept: [404] });
    });
  }

  /** Resolves when every call made so far has succeeded, or the link was closed. */
  async settled(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.queue));
  }

  /** Stops heartbeats and gives up what is still tried. The HTTP connections are the caller's. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const node of this.#nodes.values()) node.heartbeat?.cancel();
    await this.settled();
  }

  #enqueue(name: string, node: NodeVoice, call: () => Promise<void>): void {
    this.#pending++;
    node.queue = node.queue.then(() => this.#untilDone(name, call)).finally(() => this.#pending--);
  }

  async #untilDone(name: string, call: () => Promise<void>): Promise<void> {
    while (!this.#closed) {
      try {
        await call();
        return;
      } catch (error) {
        this.#options.onTrouble?.(name, error instanceof Error ? error : new Error(String(error)));
        // The Node was deleted by somebody: a kubelet that is told so waits for its next boot, too.
        if (error instanceof UnexpectedStatus && error.status === 404) return;
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.schedule(this.#options.clock.now() + retryMs, resolve);
    });
  }

  #beat(name: string, node: NodeVoice): void {
    node.heartbeat?.cancel();
    const periodMs = (this.#options.leaseSeconds ?? 10) * 1000;
    node.heartbeat = this.#options.clock.schedule(this.#options.clock.now() + periodMs, () => {
      if (this.#closed || !node.alive) return;
      this.#renewLease(name).catch((error: unknown) => {
        this.#options.onTrouble?.(name, error instanceof Error ? error : new Error(String(error)));
      });
      this.#beat(name, node);
    });
  }

  async #renewLease(name: string): Promise<void> {
    const renewTime = new Date(this.#options.clock.now()).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
    const { http } = this.#options;
    const { status } = await http.send('PATCH', `${leases}/${name}`, { body: { spec }, accept: [404] });
    if (status !== 404) return;
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
    await http.send('POST', leases, { body, accept: [409] });
  }

  /** As it is when the call is made: a kubelet may have died while its turn was awaited. */
  async #label(name: string, node: NodeVoice): Promise<void> {
    const metadata = { labels: { [kubeletLabel]: node.alive ? 'running' : null } };
    await this.#options.http.send('PATCH', `/api/v1/nodes/${name}`, { body: { metadata } });
  }

  async #patchStatus(name: string, status: object): Promise<void> {
    await this.#options.http.send('PATCH', `/api/v1/nodes/${name}/status`, { body: { status } });
  }

  /** All conditions as of now. The API server may have turned any of them Unknown meanwhile: all count as moved. */
  #stamped(node: NodeVoice): readonly object[] {
    return [...node.conditions.values()].map((condition) => this.#stamp(condition, true));
  }

  #stamp(condition: ReportedCondition, moved: boolean): object {
    const { clock, stampNow } = this.#options;
    const now = new Date(stampNow?.() ?? clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    return { ...condition, lastHeartbeatTime: now, ...(moved ? { lastTransitionTime: now } : {}) };
  }
}

function merged(
  before: ReadonlyMap<string, ReportedCondition>,
  changes: readonly ReportedCondition[],
): ReadonlyMap<string, ReportedCondition> {
  return new Map([
    ...before,
    ...changes.map((condition): [string, ReportedCondition] => [condition.type, condition]),
  ]);
}

function statusOf(body: Readonly<Record<string, unknown>>): object {
  const status = body['status'];
  return typeof status === 'object' && status !== null ? status : {};
}
