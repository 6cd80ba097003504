import { createObject, updateObject } from '../write-verbs.js';
import type { ClusterState } from '../cluster-state.js';
import type { Kubelets, NodeInfo, NodeRegistration, ReportedCondition } from '../kubelet.js';
import { registrationBody } from '../kubelet.js';
import type { Condition, StoredObject } from '../kubernetes-object.js';
import { microTimestamp, objectAt } from '../kubernetes-object.js';
import { conditionsOf } from '../node-and-pod.js';
import { leases, nodes } from '../resources.js';
import { leaseNamespace, type Heartbeats } from './heartbeats.js';
import type { PodLife } from './pod-life.js';

/** The kubelets of simulated machines: what they write about their nodes. */
export class MachineKubelets implements Kubelets {
  readonly #state: ClusterState;
  readonly #heartbeats: Heartbeats;
  readonly #podLife: PodLife;
  /** The last report of each machine: reported again when it comes back to life. */
  readonly #reports = new Map<string, Map<string, ReportedCondition>>();

  constructor(state: ClusterState, heartbeats: Heartbeats, podLife: PodLife) {
    this.#state = state;
    this.#heartbeats = heartbeats;
    this.#podLife = podLife;
  }

  registerNode(registration: NodeRegistration): string {
    const { name } = registration;
    const body = registrationBody(registration);
    const node = this.#node(name) ?? createObject(this.#state, nodeRoute, body, false);
    const status = {
      ...node.status,
      ...objectAt(body, 'status'),
      nodeInfo: nodeInfoWith(node, registration.nodeInfo),
    };
    this.#state.setStatus(nodes, node, status);
    this.#createLease(name, node.metadata.uid);
    this.setConditions(name, registration.conditions);
    this.setAlive(name, true);
    return node.metadata.uid;
  }

  setAlive(nodeName: string, alive: boolean): void {
    if (this.#node(nodeName) === undefined || this.#heartbeats.isAlive(nodeName) === alive) return;
    this.#heartbeats.setAlive(nodeName, alive);
    this.#heartbeats.setReported(nodeName, new Set(this.#reports.get(nodeName)?.keys()));
    if (!alive) return;
    this.#report(nodeName);
    this.#podLife.resume(nodeName);
  }

  isAlive(nodeName: string): boolean {
    return this.#heartbeats.isAlive(nodeName);
  }

  setConditions(nodeName: string, conditions: readonly ReportedCondition[]): void {
    const report = this.#reports.get(nodeName) ?? new Map<string, ReportedCondition>();
    for (const condition of conditions) report.set(condition.type, condition);
    this.#reports.set(nodeName, report);
    this.#heartbeats.setReported(nodeName, new Set(report.keys()));
    this.#report(nodeName);
  }

  setNodeInfo(nodeName: string, nodeInfo: NodeInfo): void {
    const node = this.#node(nodeName);
    if (node === undefined) return;
    this.#state.setStatus(nodes, node, { ...node.status, nodeInfo: nodeInfoWith(node, nodeInfo) });
  }

  deregisterNode(nodeName: string): void {
    this.#heartbeats.forget(nodeName);
    this.#reports.delete(nodeName);
    const node = this.#node(nodeName);
    if (node !== undefined) this.#state.delete(nodes, node, {});
    const lease = this.#state.store.get(leases, leaseNamespace, nodeName);
    if (lease !== undefined) this.#state.delete(leases, lease, {});
  }

  #node(name: string): StoredObject | undefined {
    return this.#state.store.get(nodes, undefined, name);
  }

  #report(nodeName: string): void {
    const node = this.#node(nodeName);
    if (node === undefined) return;
    const now = this.#state.nowStamp();
    const report = this.#reports.get(nodeName) ?? new Map<string, ReportedCondition>();
    const present = conditionsOf(node);
    const untouched = present.filter((condition) => !report.has(condition.type));
    const reported = [...report.values()].map((condition) =>
      conditionFrom(
        condition,
        present.find((other) => other.type === condition.type),
        now,
      ),
    );
    this.#state.setStatus(nodes, node, { ...node.status, conditions: [...untouched, ...reported] });
  }

  #createLease(name: string, nodeUid: string): void {
    const present = this.#state.store.get(leases, leaseNamespace, name);
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid: nodeUid };
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: microTimestamp(this.#state.clock.now()),
    };
    const route = { resource: leases, namespace: leaseNamespace, name: undefined, subresource: undefined };
    const body = { metadata: { name, ownerReferences: [owner] }, spec };
    if (present === undefined) {
      createObject(this.#state, route, body, false);
      return;
    }
    const { resourceVersion } = present.metadata;
    const metadata = { ...body.metadata, resourceVersion };
    updateObject(
      this.#state,
      { resource: leases, name, subresource: undefined },
      present,
      { ...body, metadata },
      false,
    );
  }
}

const nodeRoute = { resource: nodes, namespace: undefined, name: undefined, subresource: undefined };

function nodeInfoWith(node: StoredObject, nodeInfo: NodeInfo): object {
  return { ...objectAt(node.status, 'nodeInfo'), ...nodeInfo };
}

/** A repeated report keeps the times of the first: heartbeats are shown when they are read. */
function conditionFrom(report: ReportedCondition, present: Condition | undefined, now: string): Condition {
  const same =
    present?.status === report.status &&
    present.reason === report.reason &&
    present.message === report.message;
  if (same) return present;
  const lastTransitionTime = present?.status === report.status ? (present.lastTransitionTime ?? now) : now;
  return { ...report, lastHeartbeatTime: now, lastTransitionTime };
}
