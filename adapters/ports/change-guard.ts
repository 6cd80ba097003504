import type { Command } from '../../domain/command.js';
import type { PermitRequest, RolloutRequest } from '../../domain/permit-request.js';
import type { BudgetClaim } from './journal.js';

/** What has to be taken. */
export interface Leave {
  readonly kind: 'ask';
  /** To be taken with the claim; empty: no leave is needed. */
  readonly budgets: readonly BudgetClaim[];
  /** Of the guard's book when this was answered: a claim with another one is refused. Undefined: no leave is needed. */
  readonly guardVersion?: number;
  /** When to ask again if the counter of that name is full, ms. */
  readonly askAgainAt: Readonly<Record<string, number>>;
}

interface Wait {
  readonly kind: 'wait';
  readonly reason: string;
  /** ms */
  readonly until: number;
}

/** What the change guard says about one command. */
export type GuardAnswer = Leave | Wait;

/** The same where leave is needed in any case. */
export type PermitAnswer = (Leave & Required<Pick<Leave, 'guardVersion'>>) | Wait;

/** Limits risky operations. No permit, no risky change; no fresh inventory, no permit. */
export interface ChangeGuard {
  /** Which budgets the command has to take now. Reads only: nothing is taken before the claim. */
  ask(command: Command, now: number): Promise<GuardAnswer>;
}

/** The same limits for what others want to do. */
export interface PermitGuard {
  /** Which budgets have to be taken now. Reads only: nothing is taken before the grant. */
  askFor(request: PermitRequest | RolloutRequest, now: number): Promise<PermitAnswer>;
}
