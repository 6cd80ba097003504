import { commandCatalog } from '../../domain/command.js';
import { namesOf } from '../../domain/identifiers.js';
import type { ChangeGuard } from '../../adapters/ports/change-guard.js';
import type { FleetInventory, FleetSummary } from '../../adapters/ports/journal.js';
import { budgetsFor } from './budgets.js';
import type { GuardPolicy } from './policy.js';
import { SharedQuestion } from './shared-question.js';

/** The first guard: a share limit and a rate per operation and cluster, by the inventory that the detector keeps. */
export function createChangeGuard(options: {
  readonly inventory: FleetInventory;
  readonly policy: GuardPolicy;
}): ChangeGuard {
  const { inventory, policy } = options;
  const summaries = new Map<string, SharedQuestion<FleetSummary | undefined>>();
  const summaryOf = (cluster: string): Promise<FleetSummary | undefined> => {
    const question = summaries.get(cluster) ?? new SharedQuestion(() => inventory.summary(cluster));
    summaries.set(cluster, question);
    return question.ask();
  };
  return {
    async ask(command, now) {
      if (commandCatalog[command.type].permit === undefined) {
        return budgetsFor(command, policy, { summary: undefined, member: undefined, now });
      }
      const [summary, member] = await Promise.all([
        summaryOf(namesOf(command.node).cluster),
        inventory.member(command.node),
      ]);
      return budgetsFor(command, policy, { summary, member, now });
    },
  };
}
