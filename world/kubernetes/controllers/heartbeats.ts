import type { ClusterState } from '../cluster-state.js';
import type { StoredObject } from '../kubernetes-object.js';
import { microTimestamp, timestamp } from '../kubernetes-object.js';
import { conditionsOf } from '../node-and-pod.js';
import { leases, nodes, type Resource } from '../resources.js';

interface Heartbeat {
  alive: boolean;
  /** When the machine came to life or died: renewals count from there. */
  since: number;
  /** Types of condition that this machine reports. */
  reported: ReadonlySet<string>;
}

const renewEveryMs = 10_000;
const reportEveryMs = 300_000;
export const leaseNamespace = 'kube-node-lease';

/**
 * Which machines are alive. Renewals are not written: whoever reads a lease, or a node's lastHeartbeatTime, sees the time
 * of the last one that must have happened. A thousand machines for years cost nothing so.
 */
export class Heartbeats {
  readonly #state: ClusterState;
  readonly #heartbeats = new Map<string, Heartbeat>();
  #listener: (nodeName: string, alive: boolean) => void = () => undefined;

  constructor(state: ClusterState) {
    this.#state = state;
    state.addPresentation((resource, object) => this.#present(resource, object));
  }

  /** The one listener hears of each death and birth. */
  onChange(listener: (nodeName: string, alive: boolean) => void): void {
    this.#listener = listener;
  }

  isKnown(nodeName: string): boolean {
    return this.#heartbeats.has(nodeName);
  }

  isAlive(nodeName: string): boolean {
    return this.#heartbeats.get(nodeName)?.alive === true;
  }

  setAlive(nodeName: string, alive: boolean): void {
    const present = this.#heartbeats.get(nodeName);
    if (present?.alive === alive) return;
    const lastRenewal = present?.alive === true ? this.lastRenewal(nodeName) : this.#state.clock.now();
    this.#heartbeats.set(nodeName, { alive, since: lastRenewal, reported: present?.reported ?? new Set() });
    this.#writeLease(nodeName, lastRenewal);
    this.#listener(nodeName, alive);
  }

  setReported(nodeName: string, types: ReadonlySet<string>): void {
    const heartbeat = this.#heartbeats.get(nodeName);
    if (heartbeat !== undefined) heartbeat.reported = types;
  }

  forget(nodeName: string): void {
    this.#heartbeats.delete(nodeName);
  }

  /** When the node's lease was last renewed by its machine; 0 when no machine ever did. */
  lastRenewal(nodeName: string): number {
    const heartbeat = this.#heartbeats.get(nodeName);
    if (heartbeat === undefined) return 0;
    return heartbeat.alive ? lastOf(heartbeat.since, renewEveryMs, this.#state.clock.now()) : heartbeat.since;
  }

  #writeLease(nodeName: string, renewed: number): void {
    const lease = this.#state.store.get(leases, leaseNamespace, nodeName);
    if (lease === undefined) return;
    const spec = { ...lease.spec, renewTime: microTimestamp(renewed) };
    this.#state.replace(leases, lease, { ...lease, spec });
  }

  #present(resource: Resource, object: StoredObject): StoredObject {
    if (resource !== leases && resource !== nodes) return object;
    const heartbeat = this.#heartbeats.get(object.metadata.name);
    if (heartbeat?.alive !== true) return object;
    if (resource === nodes) return this.#presentNode(object, heartbeat);
    if (object.metadata.namespace !== leaseNamespace) return object;
    const renewTime = microTimestamp(this.lastRenewal(object.metadata.name));
    return { ...object, spec: { ...object.spec, renewTime } };
  }

  #presentNode(node: StoredObject, heartbeat: Heartbeat): StoredObject {
    const heard = timestamp(lastOf(heartbeat.since, reportEveryMs, this.#state.clock.now()));
    const conditions = conditionsOf(node).map((condition) =>
      heartbeat.reported.has(condition.type) && (condition.lastHeartbeatTime ?? '') < heard
        ? { ...condition, lastHeartbeatTime: heard }
        : condition,
    );
    return { ...node, status: { ...node.status, conditions } };
  }
}

function lastOf(since: number, every: number, now: number): number {
  return since + Math.floor(Math.max(0, now - since) / every) * every;
}
