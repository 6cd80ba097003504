import { commandCatalog } from '../../domain/command.js';
import { namesOf } from '../../domain/identifiers.js';
import type { ChangeGuard } from '../../adapters/ports/change-guard.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import { budgetsFor } from './budgets.js';
import type { GuardPolicy } from './policy.js';

/** The first guard: a share limit and a rate per operation and cluster, by the inventory that the detector keeps. */
export function createChangeGuard(options: {
  readonly inventory: FleetInventory;
  readonly policy: GuardPolicy;
}): ChangeGuard {
  const { inventory, policy } = options;
  return {
    async ask(command, now) {
      if (commandCatalog[command.type].permit === undefined) {
        return budgetsFor(command, policy, { summary: undefined, member: undefined, now });
      }
      const [summary, member] = await Promise.all([
        inventory.summary(namesOf(command.node).cluster),
        inventory.member(command.node),
      ]);
      return budgetsFor(command, policy, { summary, member, now });
    },
  };
}
