import type { JsonObject } from './kubernetes-object.js';

/** What a machine reports about itself when its kubelet registers it. */
export interface NodeRegistration {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly providerID?: string;
  readonly capacity?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  readonly nodeInfo: NodeInfo;
  readonly conditions: readonly ReportedCondition[];
}

export interface NodeInfo {
  readonly bootID?: string;
  readonly systemUUID?: string;
  readonly machineID?: string;
  readonly osImage?: string;
  readonly kernelVersion?: string;
  readonly kubeletVersion?: string;
}

export interface ReportedCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

/**
 * How a machine model drives its nodes without HTTP. While a machine is alive its lease counts as renewed every 10 s and
 * its pods start and end; nothing has to be called for that.
 */
export interface Kubelets {
  /**
   * Creates the Node, its lease, and marks the machine alive. A node of that name that is there already is taken over as
   * it is, with the reported status. Returns its UID.
   */
  registerNode(registration: NodeRegistration): string;
  /**
   * Dead: the lease is renewed no more, pods neither start nor end; 40 s later the node turns Unknown. Alive: the lease
   * is renewed at once and the conditions last reported are reported again. Unknown names are ignored.
   */
  setAlive(nodeName: string, alive: boolean): void;
  isAlive(nodeName: string): boolean;
  /** Merges by type; lastTransitionTime moves only with the status. Lasts over death and life. */
  setConditions(nodeName: string, conditions: readonly ReportedCondition[]): void;
  /** Merges into status.nodeInfo: a new boot id after a boot, another image after a reimage. */
  setNodeInfo(nodeName: string, nodeInfo: NodeInfo): void;
  /** The machine's own deregistration: Node and lease go, as when the kubelet comes back under another UID. */
  deregisterNode(nodeName: string): void;
}

export function registrationBody(registration: NodeRegistration): JsonObject {
  const { name, labels, annotations, providerID, capacity, taints } = registration;
  const size = capacity ?? { cpu: '64', memory: '256Gi', pods: '110' };
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels }, annotations: annotations ?? {} },
    spec: { ...(providerID === undefined ? {} : { providerID }), taints: taints ?? [] },
    status: { capacity: size, allocatable: size, nodeInfo: registration.nodeInfo },
  };
}
