import type { CauseId, ClusterName, NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { Orphan } from '../../domain/signal.js';
import type { KubernetesCluster, KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { isolatedBy, isolationTaint } from '../../adapters/ports/node-marks.js';
import { keyOf } from './fleet-member.js';
import { identityOf } from './sighting.js';
import { stableId } from '../stable-id.js';

export interface FoundOrphan {
  readonly node: NodeKey;
  readonly orphan: Orphan;
  /** The same for a day: what is still there tomorrow is told again. */
  readonly causeId: CauseId;
}

export interface OrphanSearch {
  readonly cluster: Pick<KubernetesCluster, 'getNode'>;
  readonly clusterName: ClusterName;
  readonly installation: string;
  readonly activeProcess: (node: NodeKey) => Promise<ProcessId | undefined>;
  /** ms */
  readonly now: number;
}

const dayMs = 86_400_000;

/**
 * Nodes that carry an isolation taint without an active process. First the journal is asked, then the node is read
 * once more: a process gives back before it ends, so what is still tainted then is nobody's.
 * @param tainted names of nodes that were seen with a taint
 */
export async function findOrphans(
  search: OrphanSearch,
  tainted: Iterable<string>,
): Promise<readonly FoundOrphan[]> {
  const nodes: { readonly key: NodeKey; readonly node: KubernetesNode }[] = [];
  for (const name of tainted) {
    const key = keyOf(search.clusterName, name);
    if (key === undefined) continue;
    const active = await search.activeProcess(key);
    const answer = await search.cluster.getNode(name);
    if (answer.kind !== 'ok' || isolationTaint(answer.value) === undefined) continue;
    const process = isolatedBy(answer.value, search.installation);
    if (process === undefined || process !== active) nodes.push({ key, node: answer.value });
  }
  return nodes.map(({ key, node }) => asFound(search, key, node, nodes.length));
}

function asFound(
  { installation, now }: OrphanSearch,
  key: NodeKey,
  node: KubernetesNode,
  atOnce: number,
): FoundOrphan {
  const { nodeUid, bootId, machineId } = identityOf(node);
  const owner = isolationTaint(node)?.value ?? '';
  const processId = isolatedBy(node, installation);
  return {
    node: key,
    orphan: {
      owner,
      ...(processId === undefined ? {} : { processId }),
      nodeUid,
      ...(bootId === undefined ? {} : { bootId }),
      ...(machineId === undefined ? {} : { machineId }),
      atOnce,
    },
    causeId: stableId('detector', 'orphan', key, nodeUid, owner, String(Math.floor(now / dayMs))) as CauseId,
  };
}
