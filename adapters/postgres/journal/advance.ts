import type { Command } from '../../../domain/command.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../../domain/node-state.js';
import type { Input } from '../../../domain/signal.js';
import { resultSignal, revokedResult } from '../../journal/causes.js';
import type { BatchEffects } from '../../journal/batch-collection.js';
import { decideBatch } from '../../journal/decide-batch.js';
import { seenKey } from '../../journal/digests.js';
import { requireSameLog, type ConsumedOffset } from '../../journal/fence.js';
import { compareBytes } from '../../journal/pages.js';
import type { AdvanceRequest, AdvanceResult, NewOutboxEntry } from '../../ports/journal.js';
import { batchStatements } from './batch-statements.js';
import type { JournalContext } from './context.js';
import type { Statement, Transaction } from './database.js';
import { lockOrCreateOffset, storeOffset } from './offsets.js';
import { insertOutbox } from './outbox-rows.js';
import { keptFor, waitingStatements } from './waiting.js';

interface Advanced {
  readonly result: AdvanceResult;
  readonly changed: readonly ('command' | 'timer')[];
  readonly outbox: readonly NewOutboxEntry[];
}

/** How a batch is tried again that the database refused: it holds one input only. */
export type Narrowed =
  /** At most one waiting input is taken up: the refusal may be about one of them. */
  | { readonly takeUpAtMost: number }
  /** The input is parked for this reason, undecided. */
  | { readonly refusal: Error };

/** One batch in one transaction, in three round trips: the fence; causes and states; all that was decided. */
export async function advanceOnce(
  context: JournalContext,
  request: AdvanceRequest,
  narrowed?: Narrowed,
): Promise<Advanced> {
  return context.database.transaction(async (transaction) => {
    const fence = await lockOrCreateOffset(transaction, request, 0n);
    requireSameLog(fence, request);
    if (request.nextOffset <= fence.nextOffset) {
      const skipped = request.inputs.length;
      return { result: { result: { ...nothingAdvanced, skipped }, changed: [], outbox: [] }, last: [] };
    }
    const due = request.inputs.filter(({ offset }) => offset >= fence.nextOffset).map(({ input }) => input);
    const now = context.options.clock.now();
    const { fresh, states } = await lockStates(transaction, due, now);
    const kept = await keptFor(transaction, states.values(), (state) => takesUp(request, fresh, state));
    const effects = decideBatch(
      { states, kept },
      {
        inputs: fresh,
        deciding: request,
        writer: context.options.writer,
        verify: context.options.verify ?? false,
        now,
        ...narrowed,
      },
    );
    return write(context, transaction, { request, fence, effects, fresh });
  });
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
): Promise<{ readonly result: Advanced; readonly last: readonly Statement[] }> {
  const { request, fence, effects, fresh } = batch;
  const now = context.options.clock.now();
  const decided = [...batchStatements(effects, now), ...waitingStatements(effects)];
  // Revocations answer in the outbox, and only the database knows which of them came in time.
  const revoked = effects.revoke.length === 0 ? [] : await revoke(transaction, effects, decided);
  const outbox = [
    ...request.deadLetters.filter(({ offset }) => offset >= fence.nextOffset).map(({ entry }) => entry),
    ...effects.outbox,
    ...revoked.map((command) => revokedEntry(context, command, now)),
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
      ],
      outbox,
    },
    last: [
      ...(effects.revoke.length === 0 ? decided : []),
      ...(outbox.length === 0 ? [] : [insertOutbox(outbox, context.options.outboxPartitions)]),
      storeOffset(request, request.nextOffset),
    ],
  };
}

function revokedEntry(context: JournalContext, command: Command, now: number): NewOutboxEntry {
  return context.options.writer.signal(command.node, resultSignal(revokedResult(command)), {
    id: command.id,
    at: now,
  });
}

/** Inputs whose cause was never seen, in order, and the locked states of their nodes. */
async function lockStates(
  transaction: Transaction,
  inputs: readonly Input[],
  now: number,
): Promise<{ readonly fresh: readonly Input[]; readonly states: ReadonlyMap<NodeKey, NodeState> }> {
  if (inputs.length === 0) return { fresh: [], states: new Map() };
  const byCause = new Map<string, Input>();
  for (const input of inputs) {
    const cause = seenKey(input.causeId);
    if (!byCause.has(cause)) byCause.set(cause, input);
  }
  const nodes = [...new Set(inputs.map(({ node }) => node))].sort(compareBytes);
  const [unseen, locked] = await transaction.send([
    {
      name: 'cause-see',
      text: `INSERT INTO journal.input_seen (cause_id, seen_at)
        SELECT cause_id, $2 FROM unnest($1::uuid[]) AS cause (cause_id) ON CONFLICT DO NOTHING RETURNING cause_id`,
      // Sorted: two batches that share causes wait for each other in one order.
      values: [[...byCause.keys()].sort(), now],
    },
    lockStatement(nodes),
  ]);
  const states = statesOf(locked?.rows ?? []);
  const missing = nodes.filter((node) => !states.has(node));
  if (missing.length > 0) await createStates(transaction, missing, states);
  const unseenCauses = new Set((unseen?.rows ?? []).map((row) => String(row['cause_id'])));
  const fresh = [...byCause].flatMap(([cause, input]) => (unseenCauses.has(cause) ? [input] : []));
  return { fresh, states };
}

function lockStatement(nodes: readonly NodeKey[]): Statement {
  return {
    name: 'state-lock',
    text: `SELECT state FROM journal.node_state WHERE node_key = ANY ($1::text[])
      ORDER BY node_key COLLATE "C" FOR UPDATE`,
    values: [nodes],
  };
}

function statesOf(rows: readonly { readonly state?: NodeState }[]): Map<NodeKey, NodeState> {
  return new Map(rows.flatMap(({ state }) => (state === undefined ? [] : [[state.node, state] as const])));
}

/** Makes rows for nodes never heard of; where another batch was faster, its row is locked and read. */
async function createStates(
  transaction: Transaction,
  missing: readonly NodeKey[],
  states: Map<NodeKey, NodeState>,
): Promise<void> {
  const [, locked] = await transaction.send([
    {
      name: 'state-create',
      text: `INSERT INTO journal.node_state (node_key, version, state)
        SELECT node_key, 0, state FROM unnest($1::text[], $2::jsonb[]) AS made (node_key, state) ON CONFLICT DO NOTHING`,
      values: [missing, missing.map((node) => JSON.stringify(emptyNodeState(node)))],
    },
    lockStatement(missing),
  ]);
  for (const [node, state] of statesOf(locked?.rows ?? [])) states.set(node, state);
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
