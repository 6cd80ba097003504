import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { BudgetClaim, ClaimAnswer } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import type { CommandId } from '../../../domain/identifiers.js';
import { batch, report, starting } from './decisions.js';

/** Issues the commands, in one batch and in this order. */
export async function issueCommands(copy: OpenJournal, commands: readonly Command[]): Promise<void> {
  const inputs = [...new Set(commands.map(({ node }) => node))].map((node) => report(node));
  await copy.journal.advance(batch(inputs, { decide: starting(commands) }));
}

export interface ClaimOf {
  readonly now: number;
  readonly by: string;
  readonly budgets: readonly BudgetClaim[];
}

/** A claim for 100 ms; by `one` and without budgets, unless it says otherwise. */
export function claimCommand(
  copy: OpenJournal,
  id: CommandId,
  { now, by = 'one', budgets = [] }: Pick<ClaimOf, 'now'> & Partial<ClaimOf>,
): Promise<ClaimAnswer> {
  return copy.commands.claim(id, { by, now, leaseMs: 100, budgets });
}
