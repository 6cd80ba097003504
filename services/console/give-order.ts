import type { History, ProcessRow } from '../../adapters/ports/journal.js';
import { eventIdOf } from '../../domain/event-number.js';
import { namesOf, type NodeKey, type ProcessId } from '../../domain/identifiers.js';
import type { NodeState } from '../../domain/node-state.js';
import type { Order, OrderKind, Signal } from '../../domain/signal.js';
import { stableId } from '../stable-id.js';
import { ordersOf } from './describe-process.js';
import { apiVersion } from './forms/form.js';
import { ConsoleRefusal } from './forms/problem.js';
import type { NewOrder, OrderReceipt } from './forms/processes.js';

export interface OrderOrigin {
  /** Id of the event that the order is a person's answer to. */
  readonly about?: string;
  /** The same id twice is one order. Absent: a new one. */
  readonly causeId?: string;
}

/** Writes an order to the event log; resolves when it is kept. Its cause id finds the facts that come of it. */
export type SendOrder = (
  node: NodeKey,
  signal: OrderSignal,
  origin: OrderOrigin,
) => Promise<{ readonly causeId: string }>;

/** An order to a process, or to try again what waits for a parked node. */
export type OrderSignal = Extract<Signal, { readonly kind: 'Order' | 'RetryParked' }>;

/** What each order does, in the words of the preview. */
const effects: Readonly<Record<OrderKind, string>> = {
  retry: 'begins the present workflow again from isolation; limits of the guard hold as always',
  skip: 'goes on to verifying; the node is given back only when it is observed to be well',
  abort:
    'takes back what is not begun, waits for what is, then leaves the node to a person: out of service if it was isolated',
  repaired:
    'says that people have repaired the machine; it is powered on if we switched it off, then verified',
  dismiss:
    'says that there is no fault: takes back what is not begun, waits for what is; an isolated node is verified, then given back',
};

function isProcessId(text: string): text is ProcessId {
  return text.startsWith('p-');
}

/** @throws ConsoleRefusal NotFound */
export async function findProcess(history: History, id: string): Promise<ProcessRow> {
  const row = isProcessId(id) ? await history.process(id) : undefined;
  if (row !== undefined) return row;
  throw new ConsoleRefusal('NotFound', `there is no process ${id}`, 'look at `faultline get processes`');
}

function refuseUntaken(row: ProcessRow, state: NodeState | undefined, kind: OrderKind): void {
  const taken = ordersOf(row, state);
  if (taken.includes(kind)) return;
  const over = row.endedAt !== undefined;
  const stands = over ? `is over (${row.outcome ?? 'ended'})` : `is in stage ${row.stage}`;
  const next = taken.length > 0 ? `it takes: ${taken.join(', ')}` : 'it takes no order now';
  throw new ConsoleRefusal(
    'OrderNotTaken',
    `process ${row.processId} ${stands} and does not take ${kind}`,
    next,
  );
}

/** The event by which the process came to where the order is given. */
function stageEventOf({ node, processId }: ProcessRow, state: NodeState | undefined): string | undefined {
  const process = state?.process;
  if (process?.id !== processId || process.enteredBy === undefined) return undefined;
  return eventIdOf(node, process.enteredBy);
}

/** So many facts back it is looked whether an order was given before. */
const factsLookedAt = 1_000;

/** What came of an order that was given before under the same key. */
async function decisionBefore(
  history: History,
  { node, version }: Pick<NodeState, 'node' | 'version'>,
  causeId: string,
): Promise<'taken' | 'refused' | undefined> {
  const fromVersion = Math.max(1, version - factsLookedAt + 1);
  const facts = await history.facts(node, { fromVersion, limit: factsLookedAt });
  const fact = facts.find((one) => one.causeId === causeId);
  if (fact === undefined) return undefined;
  return fact.type === 'OrderRefused' || fact.type === 'SignalIgnoredAsStale' ? 'refused' : 'taken';
}

/**
 * Checks an order against the present stage, and sends it unless it is a dry run. The stage may change before it is
 * decided: then the journal refuses it, which the receipt's cause id lets one find.
 * @throws ConsoleRefusal NotFound, OrderNotTaken
 */
export async function giveOrder(
  { history, sendOrder }: { readonly history: History; readonly sendOrder: SendOrder },
  processId: string,
  given: NewOrder,
  { subject, key }: { readonly subject: string; readonly key?: string | undefined },
): Promise<OrderReceipt> {
  const row = await findProcess(history, processId);
  const state = await history.state(row.node);
  const causeId =
    key === undefined ? undefined : stableId('console', subject, key, row.processId, given.kind);
  const before =
    causeId === undefined || state === undefined ? undefined : await decisionBefore(history, state, causeId);
  if (before === undefined) refuseUntaken(row, state, given.kind);
  const order: Order = { kind: given.kind, processId: row.processId, subject, reason: given.reason };
  const dryRun = given.dryRun === true;
  const about = stageEventOf(row, state);
  const origin = { ...(about === undefined ? {} : { about }), ...(causeId === undefined ? {} : { causeId }) };
  const isSent = !dryRun && before === undefined;
  const sent = isSent ? await sendOrder(row.node, { kind: 'Order', order }, origin) : undefined;
  return {
    apiVersion,
    kind: 'OrderReceipt',
    processId: row.processId,
    ...namesOf(row.node),
    order: given.kind,
    stage: row.stage,
    subject,
    reason: given.reason,
    dryRun,
    effect: effects[given.kind],
    factVersion: state?.version ?? 0,
    status: before ?? (dryRun ? 'preview' : 'sent'),
    ...(before === undefined ? {} : { before: true }),
    ...(sent === undefined ? {} : { causeId: sent.causeId }),
  };
}
