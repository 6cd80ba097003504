import type { BudgetClaim } from '../../adapters/ports/journal.js';
import { annotation, holdAnnotation, isolationTaint } from '../../adapters/ports/node-marks.js';
import type { CommandId, NodeKey } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import { ClaimBook } from './claim-book.js';
import type { Invariant } from './invariant.js';

type Patch = Extract<Happening, { readonly kind: 'node patched' }>;

/**
 * 9. What a process isolated that the journal does not know is told before anything is done about it, and is given back
 * only where it carries this installation's id, the node is Ready and held by nobody at that moment, and under a permit.
 */
export function aLostJournalHarmsNothing(): Invariant {
  const claims = new ClaimBook();
  const permits = new Map<CommandId, readonly BudgetClaim[]>();
  const told = new Set<string>();
  let installation: string | undefined;
  const judge = (patch: Patch): string | undefined => {
    const { node, before, after } = patch;
    const owner = isolationTaint(before)?.value;
    const command = claims.behind(patch)?.command;
    if (owner === undefined || isolationTaint(after)?.value === owner || command?.type !== 'reclaimNode')
      return undefined;
    const about = `${node} was taken back from ${owner}`;
    if (!told.has(orphanOf(node, owner))) return `${about}, and nobody was told of it`;
    if (installation !== undefined && !owner.startsWith(`${installation}.`))
      return `${about}, which is of another installation`;
    if (annotation(before, holdAnnotation) !== undefined) return `${about} although a person holds it`;
    const ready = before.status.conditions?.find(({ type }) => type === 'Ready')?.status;
    if (ready !== 'True') return `${about} while Ready was ${ready ?? 'not said'}`;
    return (permits.get(command.id) ?? []).length > 0 ? undefined : `${about} without a permit`;
  };
  return {
    name: 'a lost journal harms nothing: what it had isolated is told, and taken back only when it is ours and well',
    after: (happening, at) => {
      claims.note(happening, at);
      if (happening.kind === 'journal lost') installation = happening.installation;
      if (happening.kind === 'claimed' && happening.attempt === 1)
        permits.set(happening.command.id, happening.budgets);
      const event = happening.kind === 'published' ? happening.record.event.ProcessEvent : undefined;
      if (happening.kind === 'published' && event?.type === 'IsolationOrphaned')
        told.add(orphanOf(happening.record.node, event.data['owner'] ?? ''));
      return happening.kind === 'node patched' ? judge(happening) : undefined;
    },
  };
}

function orphanOf(node: NodeKey, owner: string): string {
  return `${node} ${owner}`;
}
