import type { KubernetesNode, NodeCondition } from '../../adapters/ports/kubernetes.js';
import type { NodeInfo, NodeRegistration, ReportedCondition } from '../../world/kubernetes/kubelet.js';
import type { NodeLink } from '../../world/machines/node-link.js';
import { ready } from '../../world/machines/node-registration.js';
import { graceMs } from '../world/machine-hall.js';
import type { Site } from '../world/site.js';

/** What a kubelet would say if it were heard. */
interface Kubelet {
  alive: boolean;
  /** Grows with each change between heard and silent. */
  turns: number;
  conditions: readonly ReportedCondition[];
  nodeInfo: NodeInfo;
}

/** Machines of `world/` as nodes of a simulated cluster, without a server in between. */
export class LinkedNodes implements NodeLink {
  readonly #site: Site;
  readonly #kubelets = new Map<string, Kubelet>();

  constructor(site: Site) {
    this.#site = site;
  }

  isHeard(name: string): boolean {
    return this.#kubelets.get(name)?.alive === true;
  }

  registerNode({ name, labels, annotations, providerID, nodeInfo, conditions }: NodeRegistration): void {
    this.#kubelets.set(name, { alive: true, turns: 0, conditions, nodeInfo });
    const metadata = {
      name,
      uid: '',
      resourceVersion: '0',
      labels: { 'kubernetes.io/hostname': name, ...labels },
      ...(annotations === undefined ? {} : { annotations }),
    };
    const spec = providerID === undefined ? {} : { providerID };
    this.#site.registerNode(this.#stated({ metadata, spec, status: {} }));
  }

  deregisterNode(name: string): void {
    this.#site.deleteNode(name);
  }

  setAlive(name: string, alive: boolean): void {
    const kubelet = this.#kubelets.get(name);
    if (kubelet === undefined || kubelet.alive === alive) return;
    kubelet.alive = alive;
    kubelet.turns += 1;
    const { turns } = kubelet;
    if (alive) this.#state(name);
    else {
      this.#site.agenda.after(graceMs, () => {
        if (kubelet.turns === turns) this.#noticeSilence(name);
      });
    }
  }

  setConditions(name: string, conditions: readonly ReportedCondition[]): void {
    const kubelet = this.#kubelets.get(name);
    if (kubelet === undefined) return;
    const changed = new Map(conditions.map((condition) => [condition.type, condition]));
    kubelet.conditions = kubelet.conditions.map((condition) => changed.get(condition.type) ?? condition);
    this.#state(name);
  }

  setNodeInfo(name: string, nodeInfo: NodeInfo): void {
    const kubelet = this.#kubelets.get(name);
    if (kubelet === undefined) return;
    kubelet.nodeInfo = nodeInfo;
    this.#state(name);
  }

  /** Who is not heard states nothing. */
  #state(name: string): void {
    const node = this.#site.nodes.get(name);
    if (node === undefined || !this.isHeard(name)) return;
    this.#site.putNode(this.#stated(node));
    this.#site.finishPods(name);
  }

  #stated(node: KubernetesNode): KubernetesNode {
    const kubelet = this.#kubelets.get(node.metadata.name);
    if (kubelet === undefined) return node;
    const { bootID = '', systemUUID = '', osImage = '' } = kubelet.nodeInfo;
    const said = [ready, ...kubelet.conditions.filter(({ type }) => type !== ready.type)];
    const conditions = said.map((condition) => this.#condition(node, condition));
    return { ...node, status: { conditions, nodeInfo: { bootID, systemUUID, osImage } } };
  }

  #noticeSilence(name: string): void {
    const node = this.#site.nodes.get(name);
    if (node === undefined) return;
    const conditions = (node.status.conditions ?? []).map((condition) =>
      condition.type === ready.type
        ? this.#condition(node, { type: ready.type, status: 'Unknown' })
        : condition,
    );
    this.#site.putNode({ ...node, status: { ...node.status, conditions } });
  }

  /** The time of a change moves with the status only. */
  #condition(node: KubernetesNode, condition: ReportedCondition): NodeCondition {
    const before = node.status.conditions?.find(({ type }) => type === condition.type);
    const lastTransitionTime =
      before?.status === condition.status ? before.lastTransitionTime : this.#stamp();
    return { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) };
  }

  #stamp(): string {
    return new Date(this.#site.agenda.now).toISOString();
  }
}
