import type { ChangeRow } from '../../adapters/ports/change-book.js';
import { isSameChange, type Change, type NodeChange, type RolloutChange } from '../../domain/change.js';
import type { Operation } from '../../domain/command.js';
import { isChangeId, type ChangeId } from '../../domain/identifiers.js';
import { parseDurationMs } from '../duration.js';
import { shortId } from '../short-id.js';
import { awaitLeave, type Patience } from './await-leave.js';
import { changeItemOf, statusOf } from './change-item.js';
import {
  leaseBounds,
  longestWaitMs,
  type ChangeDescription,
  type ChangeList,
  type ChangeOutcome,
  type NewChange,
} from './forms/changes.js';
import { apiVersion, nextOf, toInstant } from './forms/form.js';
import { ConsoleRefusal } from './forms/problem.js';
import { nodeIn } from './node-in.js';
import type { ChangesQuery, WaitQuery } from './requests.js';
import type { GrantSource } from './try-grant.js';

export interface ChangeSource extends GrantSource {
  /** Those that are configured. */
  readonly clusters: readonly string[];
  /** How much older than it is what is because of that fault counts in lines, ms. */
  readonly headStartMsOf: (faultType: string | undefined) => number;
  /** How long its node is watched after it is said to have succeeded, by the policy that is in force, ms. Undefined: not at all. */
  readonly soakMsOf: (operation: Operation) => number | undefined;
  /** What nobody else begins where a rollout goes through, by the policy that is in force. */
  readonly rolloutPauses: () => readonly Operation[];
  readonly newId: () => string;
}

/** @throws ConsoleRefusal BadRequest */
function leaseIn({ lease }: NewChange): number {
  const leaseMs = lease === undefined ? leaseBounds.usual : parseDurationMs(lease);
  if (leaseMs !== undefined && leaseMs >= leaseBounds.least && leaseMs <= leaseBounds.most) return leaseMs;
  throw new ConsoleRefusal('BadRequest', `lease: ${lease ?? ''} is none`, 'give one from 5s to 1h');
}

/** What nobody looks at would wait for an inventory for ever. @throws ConsoleRefusal NotFound */
function refuseUnknownCluster({ clusters }: ChangeSource, cluster: string): void {
  if (clusters.includes(cluster)) return;
  throw new ConsoleRefusal(
    'NotFound',
    `there is no cluster ${cluster}`,
    `name one of the configuration: ${clusters.join(', ')}`,
  );
}

/** @throws ConsoleRefusal NotFound */
async function changeNamed({ book }: ChangeSource, id: string): Promise<ChangeRow> {
  const row = isChangeId(id) ? await book.find(id) : undefined;
  if (row !== undefined) return row;
  throw new ConsoleRefusal('NotFound', `there is no change ${id}`, 'look at `faultline guard changes`');
}

/** @throws ConsoleRefusal ChangeOver if the client can't go on with it. */
function refuseOver(row: ChangeRow, now: number): void {
  const status = statusOf(row, now);
  const { id } = row.change;
  if (status === 'waiting' || status === 'granted') return;
  if (status === 'lost')
    throw new ConsoleRefusal(
      'ChangeOver',
      `${id} lost its leave at ${toInstant(row.ended?.at ?? row.leaseUntil)}: no heartbeat came in time`,
      'stop what is being done: the node may be somebody else’s now; ask anew with another Idempotency-Key',
    );
  throw new ConsoleRefusal('ChangeOver', `${id} is ${status}`, 'ask anew with another Idempotency-Key');
}

function descriptionOf(row: ChangeRow, now: number): ChangeDescription {
  return { apiVersion, kind: 'Change', ...changeItemOf(row, now) };
}

/** @throws ConsoleRefusal BadRequest */
export function waitMsIn({ wait }: WaitQuery): number {
  const waitMs = wait === undefined ? 0 : parseDurationMs(wait);
  if (waitMs !== undefined && waitMs <= longestWaitMs) return waitMs;
  throw new ConsoleRefusal(
    'BadRequest',
    `wait: ${wait ?? ''} is too long`,
    'give one up to 60s, and ask again',
  );
}

type AboutNode = Pick<NodeChange, 'node' | 'operation' | 'faultType' | 'onlyHealthy' | 'soakMs'>;
type AboutRollout = Pick<RolloutChange, 'operation' | 'rollout'>;

/** @throws ConsoleRefusal BadRequest */
function aboutOf(source: ChangeSource, order: NewChange): AboutNode | AboutRollout {
  const { cluster, node, scope, operation, faultType, onlyHealthy } = order;
  if (scope !== undefined) return { operation: 'release', rollout: rolloutOf(source, order, scope) };
  if (node === undefined)
    throw new ConsoleRefusal(
      'BadRequest',
      'it names no node',
      'name one, or a scope if it is a rollout: "scope": {} for the whole cluster',
    );
  const soakMs = source.soakMsOf(operation);
  return {
    ...{ node: nodeIn(`${cluster}/${node}`), operation },
    ...(faultType === undefined ? {} : { faultType }),
    ...(onlyHealthy === true ? { onlyHealthy } : {}),
    ...(soakMs === undefined ? {} : { soakMs }),
  };
}

/** @throws ConsoleRefusal BadRequest */
function rolloutOf(
  { rolloutPauses }: ChangeSource,
  { cluster, node, operation, faultType, onlyHealthy }: NewChange,
  scope: NonNullable<NewChange['scope']>,
): RolloutChange['rollout'] {
  const refuse = (what: string, next: string): never => {
    throw new ConsoleRefusal('BadRequest', what, next);
  };
  if (node !== undefined) refuse('node and scope: both say where', 'say one of the two');
  if (faultType !== undefined) refuse('faultType: a rollout is not done because of a fault', 'leave it out');
  if (onlyHealthy === true)
    refuse('onlyHealthy: a rollout is of no single node', 'say so of each node that it comes to');
  if (operation !== 'release')
    refuse(`operation: ${operation} of a scope`, 'ask for release; all else is asked for node by node');
  return { cluster, scope, pauses: rolloutPauses() };
}

/**
 * Somebody asks leave for a change, or asks after one: of one subject the same key is the same change, also when it is over.
 * @throws ConsoleRefusal BadRequest, NotFound, KeyReused
 */
export async function askForChange(
  source: ChangeSource,
  order: NewChange,
  given: { readonly key: string; readonly subject: string; readonly patience: Patience },
): Promise<ChangeDescription> {
  refuseUnknownCluster(source, order.cluster);
  const asked: Change = {
    id: shortId('c', source.newId()) as ChangeId,
    key: given.key,
    owner: given.subject,
    reason: order.reason,
    leaseMs: leaseIn(order),
    askedAt: source.clock.now(),
    ...aboutOf(source, order),
  };
  const row = await source.book.keep(asked, source.headStartMsOf(order.faultType));
  if (!isSameChange(row.change, asked))
    throw new ConsoleRefusal(
      'KeyReused',
      `this Idempotency-Key is that of ${row.change.id}, which is another change`,
      'give each change a key of its own',
    );
  return descriptionOf(await awaitLeave(source, row, given.patience), source.clock.now());
}

/**
 * The client lives: its lease begins anew, and what waits is asked for again.
 * @throws ConsoleRefusal NotFound, Forbidden, ChangeOver
 */
export async function keepChange(
  source: ChangeSource,
  id: string,
  { subject, patience }: { readonly subject: string; readonly patience: Patience },
): Promise<ChangeDescription> {
  const row = await changeNamed(source, id);
  const { owner } = row.change;
  if (owner !== subject)
    throw new ConsoleRefusal('Forbidden', `${id} is a change of ${owner}`, 'only its owner keeps it alive');
  refuseOver(row, source.clock.now());
  const isAlive = await source.book.extend(row.change.id, source.clock.now());
  const kept = await changeNamed(source, id);
  if (!isAlive) refuseOver(kept, source.clock.now());
  return descriptionOf(await awaitLeave(source, kept, patience), source.clock.now());
}

/**
 * A change is over, says its client, or an operator in its stead: it may be watched before that is taken for true. Said again, it
 * is the same.
 * @throws ConsoleRefusal NotFound, ChangeOver
 */
export async function endChange(
  source: ChangeSource,
  id: string,
  { outcome, message, subject }: ChangeOutcome & { readonly subject: string },
): Promise<ChangeDescription> {
  const { change } = await changeNamed(source, id);
  const end = {
    how: outcome,
    by: subject,
    at: source.clock.now(),
    ...(message === undefined ? {} : { message }),
  };
  const isEnded = await source.book.end(change.id, end);
  const row = await changeNamed(source, id);
  if (isEnded || (row.ended ?? row.soak?.said)?.how === outcome)
    return descriptionOf(row, source.clock.now());
  refuseOver(row, source.clock.now());
  throw new ConsoleRefusal(
    'ChangeOver',
    `${id} has no leave yet, so it can't have ${outcome}`,
    'cancel it: "outcome": "cancelled"',
  );
}

/** @throws ConsoleRefusal NotFound */
export async function describeChange(source: ChangeSource, id: string): Promise<ChangeDescription> {
  return descriptionOf(await changeNamed(source, id), source.clock.now());
}

/** @throws ConsoleRefusal BadRequest */
export async function listChanges(
  { book, clock }: ChangeSource,
  { open, node, after, limit }: ChangesQuery,
): Promise<ChangeList> {
  const { rows, next } = await book.list({
    limit,
    ...(open === undefined ? {} : { open }),
    ...(node === undefined ? {} : { node: nodeIn(node) }),
    ...(after === undefined ? {} : { after }),
  });
  const at = clock.now();
  return {
    apiVersion,
    kind: 'ChangeList',
    items: rows.map((row) => changeItemOf(row, at)),
    ...nextOf(next),
  };
}
