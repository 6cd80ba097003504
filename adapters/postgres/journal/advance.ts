import type { Command } from '../../../domain/command.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { NodeState } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import { resultCause, resultSignal, revokedResult } from '../../journal/causes.js';
import type { BatchEffects } from '../../journal/batch-collection.js';
import { decideBatch } from '../../journal/decide-batch.js';
import { requireSameLog, type ConsumedOffset } from '../../journal/fence.js';
import type { AdvanceRequest, AdvanceResult, NewOutboxEntry } from '../../ports/journal.js';
import { batchStatements, commandInsert } from './batch-statements.js';
import type { JournalContext } from './context.js';
import type { Statement, Transaction } from './database.js';
import { lockStates } from './lock-states.js';
import { newsOfOutbox, type News } from './notices.js';
import { lockOffset, lockOrCreateOffset, storeOffset } from './offsets.js';
import { insertOutbox } from './outbox-rows.js';
import { keptFor, waitingStatements } from './waiting.js';

interface Written {
  readonly result: Advanced;
  readonly last: readonly Statement[];
  readonly told: (answers: readonly { readonly rows: readonly object[] }[]) => void;
}

interface Advanced {
  readonly result: AdvanceResult;
  readonly changed: readonly News[];
}

/** The batch does not lie wholly behind the fence: what was done before that was seen has to be undone. */
class FenceElsewhere extends Error {
  override readonly name = 'FenceElsewhere';
}

/** How a batch is tried again that the database refused: it holds one input only. */
export type Narrowed =
  /** At most one waiting input is taken up: the refusal may be about one of them. */
  | { readonly takeUpAtMost: number }
  /** The input is parked for this reason, undecided. */
  | { readonly refusal: Error };

/**
 * One batch in one transaction, in two round trips: fence, causes and states; all that was decided. Only when the
 * fence turns out to be elsewhere (a redelivery, a first batch) it is begun anew with the fence first, in three.
 */
export async function advanceOnce(
  context: JournalContext,
  request: AdvanceRequest,
  narrowed?: Narrowed,
): Promise<Advanced> {
  try {
    return await context.database.transaction((transaction) =>
      advanceBehindFence(context, transaction, { request, narrowed }),
    );
  } catch (error) {
    if (!(error instanceof FenceElsewhere)) throw error;
  }
  return context.database.transaction(async (transaction) => {
    const fence = await lockOrCreateOffset(transaction, request, 0n);
    requireSameLog(fence, request);
    if (request.nextOffset <= fence.nextOffset) {
      const skipped = request.inputs.length;
      return { result: { result: { ...nothingAdvanced, skipped }, changed: [], outbox: [] }, last: [] };
    }
    const due = request.inputs.filter(({ offset }) => offset >= fence.nextOffset).map(({ input }) => input);
    const locked = await lockStates(transaction, request, due, context.options.clock.now());
    return decideAndWrite(context, transaction, { request, narrowed, fence, ...locked });
  });
}

/** Sends the fence's lock together with the others; they take effect in the same order. Rejects with FenceElsewhere. */
async function advanceBehindFence(
  context: JournalContext,
  transaction: Transaction,
  { request, narrowed }: Pick<LockedBatch, 'request' | 'narrowed'>,
): Promise<Written> {
  const inputs = request.inputs.map(({ input }) => input);
  const offset = lockOffset(transaction, request);
  const locking = lockStates(transaction, request, inputs, context.options.clock.now());
  const [fence, locked] = await Promise.all([offset, locking]);
  const isBehind = ({ offset: at }: { readonly offset: bigint }): boolean =>
    fence !== undefined && at >= fence.nextOffset;
  const all = [...request.inputs, ...request.deadLetters];
  if (fence?.logId !== request.logId || !all.every(isBehind) || request.nextOffset <= fence.nextOffset) {
    throw new FenceElsewhere();
  }
  return decideAndWrite(context, transaction, { request, narrowed, fence, ...locked });
}

/** A batch whose fence, causes and states are locked. */
interface LockedBatch {
  readonly request: AdvanceRequest;
  readonly narrowed: Narrowed | undefined;
  readonly fence: ConsumedOffset;
  readonly fresh: readonly Input[];
  readonly states: ReadonlyMap<NodeKey, NodeState>;
}

async function decideAndWrite(
  context: JournalContext,
  transaction: Transaction,
  { request, narrowed, fence, fresh, states }: LockedBatch,
): Promise<Written> {
  const kept = await keptFor(transaction, states.values(), (state) => takesUp(request, fresh, state));
  const effects = decideBatch(
    { states, kept },
    {
      inputs: fresh,
      deciding: request,
      writer: context.options.writer,
      verify: context.options.verify ?? false,
      now: context.options.clock.now(),
      ...narrowed,
    },
  );
  return write(context, transaction, { request, fence, effects, fresh });
}

/** Whether one of the inputs has the inputs taken up that wait for this parked node. */
function takesUp({ admit }: AdvanceRequest, inputs: readonly Input[], state: NodeState): boolean {
  return inputs.some((input) => input.node === state.node && admit(state, input).endsWith('take-up'));
}

export const nothingAdvanced: AdvanceResult = {
  skipped: 0,
  decided: 0,
  facts: 0,
  commands: 0,
  parked: 0,
  waiting: 0,
  deadLettered: 0,
};

async function write(
  context: JournalContext,
  transaction: Transaction,
  batch: {
    readonly request: AdvanceRequest;
    readonly fence: ConsumedOffset;
    readonly effects: BatchEffects;
    readonly fresh: readonly Input[];
  },
): Promise<Written> {
  const { request, fence, effects, fresh } = batch;
  const { clock, headStartMs = () => 0 } = context.options;
  const now = clock.now();
  const decided = [...batchStatements(effects, { now, headStartMs }), ...waitingStatements(effects)];
  // Revocations answer in the outbox, and only the database knows which of them came in time.
  const revoked = effects.revoke.length === 0 ? [] : await revoke(transaction, effects, decided);
  const outbox = [
    ...request.deadLetters.filter(({ offset }) => offset >= fence.nextOffset).map(({ entry }) => entry),
    ...effects.outbox,
    ...revoked.map((command) => revokedEntry(context, command, now)),
  ];
  const last = [
    ...(effects.revoke.length === 0 ? decided : []),
    ...(outbox.length === 0 ? [] : [insertOutbox(outbox, context.options.outboxPartitions)]),
    storeOffset(request, request.nextOffset, request.appendedAt),
  ];
  return {
    result: {
      result: {
        skipped: request.inputs.length - fresh.length,
        decided: effects.decided,
        facts: effects.facts.length,
        commands: effects.commands.length,
        parked: effects.parked,
        waiting: effects.waiting.reduce((sum, { kept }) => sum + kept.length, 0),
        deadLettered: 0,
      },
      changed: [
        // Commands of a node that is parked no more may be claimed again.
        ...(effects.commands.length + revoked.length + effects.parkings.length === 0
          ? []
          : (['command'] as const)),
        ...(effects.timers.length === 0 ? [] : (['timer'] as const)),
        ...newsOfOutbox(
          outbox.map(({ key }) => key),
          context.options.outboxPartitions,
        ),
      ],
    },
    last,
    told: (answers) => {
      const answer = answers[last.findIndex(({ name }) => name === commandInsert)];
      if (answer !== undefined) offerFresh(context, effects, answer, now);
    },
  };
}

function offerFresh(
  { fresh }: JournalContext,
  { commands }: BatchEffects,
  answer: { readonly rows: readonly { readonly id?: string; readonly is_alone?: boolean }[] },
  now: number,
): void {
  const alone = new Set(answer.rows.filter(({ is_alone: isAlone }) => isAlone === true).map(({ id }) => id));
  fresh.offer(commands, ({ id }) => alone.has(id), now);
}

function revokedEntry(context: JournalContext, command: Command, now: number): NewOutboxEntry {
  const signal = resultSignal(revokedResult(command));
  return context.options.writer.signal(command.node, signal, resultCause(command, now));
}

/** Writes what was decided, then takes back what nobody has begun with. Returns the revoked commands. */
async function revoke(
  transaction: Transaction,
  effects: BatchEffects,
  decided: readonly Statement[],
): Promise<readonly Command[]> {
  const [, rows] = await Promise.all([
    transaction.send(decided),
    // Sent right behind the others: it sees the commands that they write.
    transaction.query<{ command: Command; position: number }>({
      name: 'command-revoke',
      text: `WITH wanted AS (
          SELECT id FROM journal.command
          WHERE id = ANY ($1::text[]) AND status = 'waiting' AND (attempts = 0 OR NOT writes)
          ORDER BY id FOR UPDATE
        )
        UPDATE journal.command AS stored SET status = 'revoked', waiting_reason = NULL,
          result = jsonb_build_object('commandId', stored.id, 'commandType', stored.command -> 'type',
            'processId', stored.process_id, 'stageEntry', stored.command -> 'stageEntry',
            'status', 'revoked', 'detail', '{}'::jsonb)
        FROM wanted WHERE stored.id = wanted.id RETURNING stored.command, stored.position`,
      values: [effects.revoke],
    }),
  ]);
  const commands = [...rows].sort((a, b) => a.position - b.position).map(({ command }) => command);
  if (commands.length > 0) {
    await transaction.query({
      text: `SELECT journal.release_permits($1::text[], ARRAY[]::text[], ARRAY['settled'])`,
      values: [commands.map(({ id }) => id)],
    });
  }
  return commands;
}
