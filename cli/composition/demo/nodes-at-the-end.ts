import type { Witness } from './witness.js';

export const isolationTaintKey = 'faultline.dev/maintenance';
const holdKey = 'faultline.dev/hold';

/** How a node stands in the end, as the API server has it. */
export interface NodeAtTheEnd {
  /** As `cluster/name`. */
  readonly node: string;
  /** Value of our taint. */
  readonly isolation: string | undefined;
  readonly cordoned: boolean;
  /** Somebody has said that it is to stay out. */
  readonly held: boolean;
}

interface NodeRead {
  readonly name: string;
  readonly taints: readonly { readonly key: string; readonly value?: string | undefined }[];
  readonly unschedulable: boolean;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

export function nodeAtTheEnd(cluster: string, read: NodeRead): NodeAtTheEnd {
  const { name, taints, unschedulable: cordoned, annotations = {} } = read;
  const taint = taints.find(({ key }) => key === isolationTaintKey);
  const held = Object.hasOwn(annotations, holdKey);
  return { node: `${cluster}/${name}`, isolation: taint && (taint.value ?? ''), cordoned, held };
}

/** Nodes that are out of service, and no process is under way that would bring them back. */
export function leftOutOfService(nodes: readonly NodeAtTheEnd[], witness: Witness): number {
  const active = [...witness.processes.values()].filter((process) => process.outcome === undefined);
  const ids = new Set(active.map(({ processId }) => processId));
  const atWork = new Set(active.map(({ node }) => node));
  return nodes.filter(({ node, isolation, cordoned, held }) =>
    isolation === undefined
      ? cordoned && !held && !atWork.has(node)
      : !ids.has(isolation.split('.')[1] ?? ''),
  ).length;
}
