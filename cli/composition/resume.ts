import type { KubernetesCluster, KubernetesNode } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import { isolationTaint } from '../../adapters/ports/node-marks.js';
import type { Connections } from './connections.js';

async function listOnce(
  cluster: KubernetesCluster,
  signal: AbortSignal,
  log: Log,
): Promise<readonly KubernetesNode[]> {
  const over = new AbortController();
  const onTrouble = (message: string): void => {
    log.warn({ cluster: cluster.cluster }, message);
  };
  for await (const event of cluster.watchNodes(AbortSignal.any([signal, over.signal]), onTrouble)) {
    over.abort();
    if (event.kind === 'listed') return event.nodes;
  }
  return [];
}

/**
 * A new or restored journal acts on nothing before every cluster was looked at: nodes that carry our taint without a
 * process that this journal knows are named. What becomes of them is decided like everything else: the detector finds
 * them, and a `reclaim` process gives back what is ours and well, or asks a person.
 */
export async function resumeAfterLook(
  connections: Connections,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { journal, clusters } = connections;
  if (!(await journal.journal.installation()).paused) return;
  for (const cluster of clusters.values()) {
    const nodes = await listOnce(cluster, signal, log);
    for (const node of nodes) {
      const taint = isolationTaint(node)?.value;
      if (taint === undefined) continue;
      const about = { cluster: cluster.cluster, node: node.metadata.name, taint };
      log.warn(
        about,
        'isolated when this journal was begun: the detector tells whether a process of ours knows of it, and what becomes of it',
      );
    }
  }
  if (!signal.aborted) await journal.upkeep.resume();
}
