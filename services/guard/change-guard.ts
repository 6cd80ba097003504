import { namesOf } from '../../domain/identifiers.js';
import type { ChangeGuard } from '../../adapters/ports/change-guard.js';
import type { FleetInventory, FleetPicture } from '../../adapters/ports/journal.js';
import { budgetsFor } from './budgets.js';
import { requestOf } from './permit-request.js';
import type { GuardPolicy } from './policy.js';
import { SharedQuestion } from './shared-question.js';

/** The guard: budgets by the policy, counted by the inventory that the detector keeps. */
export function createChangeGuard(options: {
  readonly inventory: FleetInventory;
  readonly policy: GuardPolicy;
}): ChangeGuard {
  const { inventory, policy } = options;
  const pictures = new Map<string, SharedQuestion<FleetPicture | undefined>>();
  const pictureOf = (cluster: string): Promise<FleetPicture | undefined> => {
    const question = pictures.get(cluster) ?? new SharedQuestion(() => inventory.picture(cluster));
    pictures.set(cluster, question);
    return question.ask();
  };
  return {
    async ask(command, now) {
      const request = requestOf(command);
      if (request === undefined) return { kind: 'ask', budgets: [], askAgainAt: {} };
      const [picture, member] = await Promise.all([
        pictureOf(namesOf(request.node).cluster),
        inventory.member(request.node),
      ]);
      return budgetsFor(request, policy, { picture, member, now });
    },
  };
}
