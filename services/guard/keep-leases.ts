import type { ChangeBook } from '../../adapters/ports/change-book.js';
import type { History } from '../../adapters/ports/journal.js';
import type { HeldLease, NodeLeases } from '../../adapters/ports/node-lease.js';
import { nodeKey, type ClusterName, type NodeKey } from '../../domain/identifiers.js';
import { pause, superviseLoop, type Supervision } from '../supervision.js';

export interface LeaseKeeping extends Supervision {
  readonly cluster: ClusterName;
  readonly leases: NodeLeases;
  readonly changes: Pick<ChangeBook, 'list'>;
  readonly history: Pick<History, 'processes'>;
}

const lookEveryMs = 15_000;
/** Well within what a lease lasts. */
const renewAfterMs = 150_000;
/** Whoever took one a moment ago may not have begun yet. */
const unusedForMs = 30_000;
/** Of one node: one at most has leave, and few wait. */
const mostChanges = 1_000;

/**
 * Leases of nodes that our processes and changes have are prolonged, all others of ours are given up. It goes by the leases
 * themselves and the journal, so any number of copies may run. What somebody takes or keeps meanwhile stays.
 */
export function keepLeases(options: LeaseKeeping): Promise<void> {
  const { cluster, leases, clock, log } = options;
  return superviseLoop(`leases of ${cluster}`, options, async () => {
    const held = await leases.held();
    if (held === undefined)
      log.warn({ cluster }, 'leases of nodes can not be read; they are looked at again');
    for (const lease of held ?? [])
      if (clock.now() - lease.renewedAt >= unusedForMs) await keep(options, lease);
    await pause(options, lookEveryMs);
  });
}

async function keep(options: LeaseKeeping, { node, version, renewedAt }: HeldLease): Promise<void> {
  const { cluster, leases, clock, log } = options;
  if (!(await isOurs(options, nodeKey(cluster, node)))) {
    if (await leases.release(node, version)) log.info({ cluster, node }, 'the lease of a node was given up');
    return;
  }
  if (clock.now() - renewedAt < renewAfterMs) return;
  const answer = await leases.take(node);
  if (answer.kind === 'foreign' || answer.kind === 'unknown')
    log.error({ cluster, node, answer }, 'the lease of a node that we work on could not be prolonged');
}

async function isOurs({ changes, history }: LeaseKeeping, node: NodeKey): Promise<boolean> {
  const { rows: processes } = await history.processes({ node, active: true, limit: 1 });
  if (processes.length > 0) return true;
  const { rows } = await changes.list({ node, open: true, limit: mostChanges });
  return rows.some(({ granted }) => granted !== undefined);
}
