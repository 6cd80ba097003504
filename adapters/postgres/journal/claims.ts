import type { ChangeId, CommandId } from '../../../domain/identifiers.js';
import type { ClaimAnswer, CommandQueue } from '../../ports/journal.js';
import { askedBudgets } from './asked-budgets.js';
import type { Database } from './database.js';
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
}

/** Claims of one claimant with one lease go together, each command once, at the youngest of their times. */
export class Claims {
  readonly #database: Database;
  readonly #together = new Together<Asked, ClaimAnswer>((asked) => this.#write(asked), fits);

  constructor(database: Database) {
    this.#database = database;
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
      budgets: askedBudgets(claim.budgets),
    }));
    const rows = await this.#database.query<ClaimRow & Record<string, unknown>>({
      name: 'commands-claim',
      text: 'SELECT id, kind, attempt, refused_by, refused_why FROM journal.claim_in_lines($1, $2, $3, $4::jsonb)',
      values: [by, now, now + leaseMs, JSON.stringify(asked)],
    });
    const answers = new Map(rows.map((row) => [row.id, answerOf(row)]));
    return together.map(({ id }) => answers.get(id) ?? { kind: 'gone' });
  }
}

function fits({ id, claim }: Asked, chosen: readonly Asked[]): boolean {
  return chosen.every(
    (other) => other.id !== id && other.claim.by === claim.by && other.claim.leaseMs === claim.leaseMs,
  );
}

function answerOf({ kind, attempt, refused_by: counter, refused_why: why }: ClaimRow): ClaimAnswer {
  if (kind === 'claimed') return { kind, attempt: attempt ?? 1 };
  if (kind !== 'refused') return { kind: 'gone' };
  if (why === 'changed') return { kind, why };
  if (why === 'held') return { kind, why, change: (counter ?? '') as ChangeId };
  return { kind, why: why ?? 'full', counter: counter ?? '' };
}
