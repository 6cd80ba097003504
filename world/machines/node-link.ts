import type { NodeInfo, NodeRegistration, ReportedCondition } from '../kubernetes/kubelet.js';

/**
 * How machines speak as nodes: the simulated API server's own hooks, or HTTP to any API server. Calls never throw; those
 * about one node take effect in order.
 */
export interface NodeLink {
  registerNode(registration: NodeRegistration): void;
  setAlive(nodeName: string, alive: boolean): void;
  setConditions(nodeName: string, conditions: readonly ReportedCondition[]): void;
  setNodeInfo(nodeName: string, nodeInfo: NodeInfo): void;
  deregisterNode(nodeName: string): void;
}
