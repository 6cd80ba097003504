import type { ChangeId, CommandId, NodeKey } from '../../../domain/identifiers.js';
import type { BudgetClaim, ClaimAnswer, CommandQueue } from '../../ports/journal.js';
import { waitingUntil } from '../../ports/line-wait.js';
import { askedBudgets } from './asked-budgets.js';
import type { JournalContext } from './context.js';
import { Together } from './together.js';

type Claim = Parameters<CommandQueue['claim']>[1];

interface Asked {
  readonly id: CommandId;
  readonly claim: Claim;
}

interface ClaimRow {
  readonly id: string;
  readonly kind: ClaimAnswer['kind'];
  readonly attempt: number | null;
  readonly refused_by: string | null;
  readonly refused_why: 'full' | 'behind' | 'held' | 'changed' | null;
  readonly left_line: boolean;
  readonly kept_for: NodeKey | null;
}

/** Claims of one claimant with one lease go together, each command once, at the youngest of their times. */
export class Claims {
  readonly #context: Pick<JournalContext, 'database' | 'notices'>;
  readonly #together = new Together<Asked, ClaimAnswer>((asked) => this.#write(asked), fits);

  constructor(context: Pick<JournalContext, 'database' | 'notices'>) {
    this.#context = context;
  }

  /** See CommandQueue.claim. When the journal does not answer, none of those that went together is known to be claimed. */
  claim(id: CommandId, claim: Claim): Promise<ClaimAnswer> {
    return this.#together.add({ id, claim });
  }

  async #write(together: readonly Asked[]): Promise<readonly ClaimAnswer[]> {
    const [first] = together;
    if (first === undefined) return [];
    const { by, leaseMs } = first.claim;
    const now = Math.max(...together.map(({ claim }) => claim.now));
    const asked = together.map(({ id, claim }) => ({
      id,
      ...(claim.guardVersion === undefined ? {} : { guard: claim.guardVersion }),
      budgets: askedBudgets(claim.budgets).map((budget) => ({ ...budget, ...waitsOf(claim, budget) })),
    }));
    const rows = await this.#context.database.query<ClaimRow & Record<string, unknown>>({
      name: 'commands-claim',
      text: `SELECT id, kind, attempt, refused_by, refused_why, left_line, kept_for
        FROM journal.claim_in_lines($1, $2, $3, $4::jsonb)`,
      values: [by, now, now + leaseMs, JSON.stringify(asked)],
    });
    // Whoever sleeps until the earliest due command has to look again: some sleep from now on, and some were woken.
    if (rows.some((row) => row.kind === 'refused' || row.left_line))
      this.#context.notices.committed(['command']);
    const answers = new Map(rows.map((row) => [row.id, answerOf(row)]));
    return together.map(({ id }) => answers.get(id) ?? { kind: 'gone' });
  }
}

function fits({ id, claim }: Asked, chosen: readonly Asked[]): boolean {
  return chosen.every(
    (other) => other.id !== id && other.claim.by === claim.by && other.claim.leaseMs === claim.leaseMs,
  );
}

/** Until when whoever this counter refuses waits in its line. */
function waitsOf({ waits }: Claim, { counter }: BudgetClaim): object {
  if (waits === undefined) return {};
  const until = (why: 'full' | 'behind'): number => waitingUntil(waits, { why, counter });
  return { waits: { full: until('full'), behind: until('behind') } };
}

function answerOf(row: ClaimRow): ClaimAnswer {
  const { kind, attempt, refused_by: counter, refused_why: why, kept_for: keptFor } = row;
  if (kind === 'claimed') return { kind, attempt: attempt ?? 1 };
  if (kind !== 'refused') return { kind: 'gone' };
  if (why === 'changed') return { kind, why };
  if (why === 'held') return { kind, why, change: (counter ?? '') as ChangeId };
  return {
    ...{ kind, why: why ?? 'full', counter: counter ?? '' },
    ...(keptFor === null ? {} : { keptFor }),
  };
}
