import type { ChangeGuard, PermitAnswer, PermitGuard } from '../../adapters/ports/change-guard.js';
import { leaseWait, type LeasesOfClusters } from '../../adapters/ports/node-lease.js';
import { namesOf, type NodeKey } from '../../domain/identifiers.js';

/** Whoever holds a lease may give it up at any time, and tells nobody. */
const lookAgainMs = 15_000;

/** The same guard, which lets those wait whose node somebody else holds by a lease. It only looks: whoever goes on takes it. */
export function heedLeases(
  guard: ChangeGuard & PermitGuard,
  leases: LeasesOfClusters,
): ChangeGuard & PermitGuard {
  if (leases.size === 0) return guard;
  const heeded = async <Answer extends PermitAnswer | Awaited<ReturnType<ChangeGuard['ask']>>>(
    answer: Answer,
    node: NodeKey | undefined,
    now: number,
  ): Promise<Answer | Extract<PermitAnswer, { readonly kind: 'wait' }>> => {
    // Without a version no leave is needed, and a rollout has no node: each that it comes to is asked for.
    if (answer.kind === 'wait' || answer.guardVersion === undefined || node === undefined) return answer;
    const { cluster, node: name } = namesOf(node);
    const look = await leases.get(cluster)?.look(name);
    if (look === undefined || look.kind === 'free') return answer;
    return { kind: 'wait', reason: leaseWait(look), until: now + lookAgainMs };
  };
  return {
    ask: async (command, now) => heeded(await guard.ask(command, now), command.node, now),
    askFor: async (request, now) => heeded(await guard.askFor(request, now), request.node, now),
  };
}
