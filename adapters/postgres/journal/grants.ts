import type { ChangeId, NodeKey } from '../../../domain/identifiers.js';
import type { ChangeBook, GrantAnswer } from '../../ports/change-book.js';
import type { JournalContext } from './context.js';
import { askedBudgets } from './asked-budgets.js';
import { eachOnce, Together } from './together.js';

interface Asked {
  readonly id: ChangeId;
  readonly ask: Parameters<ChangeBook['grant']>[1];
}

interface GrantRow {
  readonly id: string;
  readonly kind: GrantAnswer['kind'];
  readonly refused_by: string | null;
  readonly refused_why: 'full' | 'behind' | 'process' | 'change' | 'changed' | 'paused' | null;
  readonly kept_for: NodeKey | null;
}

/** Grants that come together go together, each change once, at the youngest of their times. */
export class Grants {
  readonly #context: JournalContext;
  readonly #together = new Together<Asked, GrantAnswer>(
    (asked) => this.#write(asked),
    eachOnce(({ id }) => id),
  );

  constructor(context: JournalContext) {
    this.#context = context;
  }

  /** See ChangeBook.grant. */
  grant(id: ChangeId, ask: Asked['ask']): Promise<GrantAnswer> {
    return this.#together.add({ id, ask });
  }

  async #write(together: readonly Asked[]): Promise<readonly GrantAnswer[]> {
    const now = Math.max(...together.map(({ ask }) => ask.now));
    const asked = together.map(({ id, ask }) => ({
      ...{ id, guard: ask.guardVersion, budgets: askedBudgets(ask.budgets) },
    }));
    const rows = await this.#context.database.query<GrantRow & Record<string, unknown>>({
      name: 'changes-grant',
      text: 'SELECT id, kind, refused_by, refused_why, kept_for FROM journal.grant_changes($1, $2::jsonb)',
      values: [now, JSON.stringify(asked)],
    });
    const answers = new Map(rows.map((row) => [row.id, answerOf(row)]));
    return together.map(({ id }) => answers.get(id) ?? { kind: 'gone' });
  }
}

function answerOf({ kind, refused_by: by, refused_why: why, kept_for: keptFor }: GrantRow): GrantAnswer {
  if (kind !== 'refused') return { kind };
  if (why === 'changed' || why === 'paused') return { kind, why };
  if (why === 'process' || why === 'change') return { kind, why, holder: by ?? '' };
  return {
    ...{ kind, why: why ?? 'full', counter: by ?? '' },
    ...(keptFor === null ? {} : { keptFor }),
  };
}
