import {
  isClusterName,
  isNodeName,
  namesOf,
  nodeKey,
  type ClusterName,
  type NodeKey,
  type NodeName,
} from '../../domain/identifiers.js';
import { EventUndecodable } from '../undecodable.js';

/** How every event names its node. */
export interface NodeNamesPayload {
  readonly cluster: string;
  readonly node: string;
}

export function nodeToPayload(node: NodeKey): NodeNamesPayload {
  return namesOf(node);
}

/** Throws EventUndecodable when a name is not one that Kubernetes allows. */
export function payloadToNames(
  event: string,
  payload: NodeNamesPayload,
): { readonly cluster: ClusterName; readonly node: NodeName; readonly key: NodeKey } {
  const { cluster, node } = payload;
  if (!isClusterName(cluster))
    throw new EventUndecodable(event, `$.cluster is not a cluster name: ${shown(cluster)}`);
  if (!isNodeName(node)) throw new EventUndecodable(event, `$.node is not a node name: ${shown(node)}`);
  return { cluster, node, key: nodeKey(cluster, node) };
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
