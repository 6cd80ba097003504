import type { CommandId } from '../../../domain/identifiers.js';
import type { ClaimAnswer, CommandQueue } from '../../ports/journal.js';
import type { Database } from './database.js';

type Claim = Parameters<CommandQueue['claim']>[1];

interface Waiting {
  readonly id: CommandId;
  readonly claim: Claim;
  readonly resolve: (answer: ClaimAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface ClaimRow {
  readonly id: string;
  readonly kind: ClaimAnswer['kind'];
  readonly attempt: number | null;
  readonly refused_by: string | null;
}

/**
 * Claims that come while others are being written go together in the next transaction: a lone one goes at once, and the
 * more there are, the fewer commits each of them costs.
 */
export class Claims {
  readonly #database: Database;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** See CommandQueue.claim. When the journal does not answer, none of those that went together is known to be claimed. */
  claim(id: CommandId, claim: Claim): Promise<ClaimAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, claim, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Those of one turn go together from the start.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#write(this.#next());
    this.#running = false;
  }

  /** The claims of one claimant with one lease, each command once, at the youngest of their times. */
  #next(): readonly Waiting[] {
    const [first] = this.#waiting;
    const together = new Map<CommandId, Waiting>();
    const later: Waiting[] = [];
    for (const waiting of this.#waiting) {
      const { by, leaseMs } = waiting.claim;
      const fits = by === first?.claim.by && leaseMs === first.claim.leaseMs && !together.has(waiting.id);
      if (fits) together.set(waiting.id, waiting);
      else later.push(waiting);
    }
    this.#waiting = later;
    return [...together.values()];
  }

  async #write(together: readonly Waiting[]): Promise<void> {
    const [first] = together;
    if (first === undefined) return;
    const { by, leaseMs } = first.claim;
    const now = Math.max(...together.map(({ claim }) => claim.now));
    const asked = together.map(({ id, claim }) => ({
      id,
      budgets: claim.budgets.map(({ counter, cap, until }) => ({
        counter,
        cap: Math.max(Math.floor(cap), 0),
        until,
      })),
    }));
    try {
      const rows = await this.#database.query<ClaimRow & Record<string, unknown>>({
        name: 'commands-claim',
        text: 'SELECT id, kind, attempt, refused_by FROM journal.claim_commands($1, $2, $3, $4::jsonb)',
        values: [by, now, now + leaseMs, JSON.stringify(asked)],
      });
      const answers = new Map(rows.map((row) => [row.id, answerOf(row)]));
      for (const { id, resolve } of together) resolve(answers.get(id) ?? { kind: 'gone' });
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}

function answerOf({ kind, attempt, refused_by: counter }: ClaimRow): ClaimAnswer {
  if (kind === 'claimed') return { kind, attempt: attempt ?? 1 };
  return kind === 'refused' ? { kind, counter: counter ?? '' } : { kind: 'gone' };
}
