import type { Command, CommandResult } from '../../../domain/command.js';
import type { CommandId, NodeKey } from '../../../domain/identifiers.js';
import { resultCause, resultSignal, returnsNode } from '../../journal/causes.js';
import { storableJson } from '../../journal/storable.js';
import type { JournalContext } from './context.js';
import { newsOfOutbox } from './notices.js';
import { outboxColumns } from './outbox-rows.js';
import { eachOnce, Together } from './together.js';

/** What settling needs of a command for its signal; a command never changes. */
export interface Issued {
  readonly id: CommandId;
  readonly node: NodeKey;
  readonly issuedBy: string | undefined;
}

export function issuedAs({ id, node, issuedBy }: Command): Issued {
  return { id, node, issuedBy };
}

interface Settlement {
  readonly result: CommandResult;
  readonly issued: Issued;
  readonly at: number;
}

/** Settlements that come together go together, each command once; the functions are in 0009_settling_many.sql. */
export class Settlements {
  readonly #context: JournalContext;
  readonly #together = new Together<Settlement, boolean>(
    (settlements) => this.#write(settlements),
    eachOnce(({ result }) => result.commandId),
  );

  constructor(context: JournalContext) {
    this.#context = context;
  }

  /** True: settled now. False: it was over before. */
  settle(settlement: Settlement): Promise<boolean> {
    return this.#together.add(settlement);
  }

  async #write(settlements: readonly Settlement[]): Promise<readonly boolean[]> {
    const { database, notices, options } = this.#context;
    const entries = settlements.map(({ result, issued, at }) =>
      options.writer.signal(issued.node, resultSignal(result), resultCause(issued, at)),
    );
    const rows = await database.query<{ id: string }>({
      name: 'commands-settle',
      text: `SELECT journal.settle_commands($1::text[], $2::jsonb[], $3::boolean[], $4::smallint[], $5::text[], $6::text[],
        $7::text[], $8::bytea[], $9::jsonb[], $10::jsonb[]) AS id`,
      values: [
        settlements.map(({ result }) => result.commandId),
        settlements.map(({ result }) => storableJson(result)),
        settlements.map(({ result }) => returnsNode(result)),
        ...outboxColumns(entries, options.outboxPartitions),
      ],
    });
    const settled = new Set(rows.map(({ id }) => id));
    const isSettled = settlements.map(({ result }) => settled.has(result.commandId));
    const keys = entries.filter((_, place) => isSettled[place]).map(({ key }) => key);
    if (keys.length > 0) notices.committed(['command', ...newsOfOutbox(keys, options.outboxPartitions)]);
    return isSettled;
  }
}
