/** Identifiers are branded so that a node name can't be passed where a node key is meant. */
declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Name of a Kubernetes cluster, as configured. DNS-1123 label, at most 63 characters. */
export type ClusterName = Brand<string, 'ClusterName'>;
/** Name of a Node object. DNS-1123 subdomain, at most 253 characters. */
export type NodeName = Brand<string, 'NodeName'>;
/** `<cluster>/<node>`: the key of everything (Kafka key, journal, locks). */
export type NodeKey = Brand<string, 'NodeKey'>;
/** UUID given by intake. */
export type ReportId = Brand<string, 'ReportId'>;
/** UUID of whatever caused an input; the key to deduplicate inputs by. */
export type CauseId = Brand<string, 'CauseId'>;
/** `f-` and 16 characters; unique over all clusters. */
export type FaultId = Brand<string, 'FaultId'>;
/** `p-` and 16 characters; fits into a taint's value together with the installation. */
export type ProcessId = Brand<string, 'ProcessId'>;
/** `z-` and 16 characters. */
export type PauseId = Brand<string, 'PauseId'>;
/** `c-` and 16 characters. */
export type ChangeId = Brand<string, 'ChangeId'>;
/** `<process id>.<stage entry>.<number>`; the journal epoch is part of the process id's digest. */
export type CommandId = Brand<string, 'CommandId'>;
/** `metadata.uid` of a Node object. */
export type NodeUid = Brand<string, 'NodeUid'>;
/** `metadata.uid` of a Pod. */
export type PodUid = Brand<string, 'PodUid'>;
/** `status.nodeInfo.bootID`: changes with each boot. */
export type BootId = Brand<string, 'BootId'>;
/** `spec.providerID`, else `status.nodeInfo.systemUUID`: the machine itself. */
export type MachineId = Brand<string, 'MachineId'>;

const clusterPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const nodePattern = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function isClusterName(text: string): text is ClusterName {
  return clusterPattern.test(text);
}

export function isNodeName(text: string): text is NodeName {
  return nodePattern.test(text);
}

export function isChangeId(text: string): text is ChangeId {
  return text.startsWith('c-');
}

export function nodeKey(cluster: ClusterName, node: NodeName): NodeKey {
  return `${cluster}/${node}` as NodeKey;
}

/** The two names in a key, or undefined if `text` is not a node key. */
export function parseNodeKey(text: string): { cluster: ClusterName; node: NodeName } | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const cluster = text.slice(0, slash);
  const node = text.slice(slash + 1);
  return isClusterName(cluster) && isNodeName(node) ? { cluster, node } : undefined;
}

/** The two names in a key that is known to be one. */
export function namesOf(key: NodeKey): { cluster: ClusterName; node: NodeName } {
  const names = parseNodeKey(key);
  if (names === undefined) throw new TypeError(`not a node key: ${key}`);
  return names;
}
