import type { ChangeBook } from '../../adapters/ports/change-book.js';
import type { GuardBook, GuardPresent, WaitingForLeave } from '../../adapters/ports/guard-book.js';
import type { GuardPolicies } from '../../adapters/ports/guard-policies.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import { namesOf } from '../../domain/identifiers.js';
import { isInForce } from '../../domain/pause.js';
import { changeItemOf } from './change-item.js';
import { mostChanges } from './forms/changes.js';
import { apiVersion, nextOf, toInstant } from './forms/form.js';
import {
  mostWaiting,
  type GuardDescription,
  type GuardPolicyList,
  type PauseList,
  type VerdictList,
  type WaitingItem,
} from './forms/guard.js';
import { openChanges, type OpenChange } from './open-changes.js';
import { pastPauseItemOf, pauseItemOf, standingItemOf, verdictItemOf } from './pause-item.js';
import type { PausesQuery, VerdictsQuery } from './requests.js';

export interface GuardSource {
  readonly book: GuardBook;
  readonly policies: Pick<GuardPolicies, 'list'>;
  /** What this copy goes by, and why not by what its file says; `since` in ms. */
  readonly policyNow: () => {
    readonly version: string;
    readonly refused?: { readonly reason: string; readonly since: number };
  };
  readonly changes: Pick<ChangeBook, 'list'>;
  readonly inventory: FleetInventory;
  /** Names of those that are configured. */
  readonly clusters: readonly string[];
  /** Of nodes, that the inventory keeps. They may change. */
  readonly labels: () => readonly string[];
  /** Counters of which something is taken, with what each may come to by the policy that is in force. By name. */
  readonly countersInUse: () => Promise<
    readonly { readonly counter: string; readonly used: number; readonly cap?: number }[]
  >;
  /** ms */
  readonly now: () => number;
  readonly newId: () => string;
}

/** Those in force, the oldest first. */
export async function pausesInForce({ book, now }: Pick<GuardSource, 'book' | 'now'>): Promise<GuardPresent> {
  const present = await book.present();
  const at = now();
  return { ...present, pauses: present.pauses.filter((pause) => isInForce(pause, at)) };
}

/** A command that waits for leave, as it is told. */
export function waitingItemOf(waiting: WaitingForLeave): WaitingItem {
  const { commandId, processId, node, type, faultType, reason, place, waitingSince, askedAgainAt } = waiting;
  return {
    ...{ commandId, processId, ...namesOf(node), type, faultType, reason },
    ...(place === undefined ? {} : { place }),
    since: toInstant(waitingSince),
    askedAgainAt: toInstant(askedAgainAt),
  };
}

/** How many wait for what; the most first. */
function countReasons(reasons: readonly string[]): GuardDescription['waiting']['reasons'] {
  const counts = new Map<string, number>();
  for (const reason of reasons) {
    const first = /^\w+/.exec(reason)?.[0] ?? reason;
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

function describeChanges(changes: readonly OpenChange[], now: number): GuardDescription['changes'] {
  const waiting = changes.filter(({ status }) => status === 'waiting');
  return {
    granted: changes.length - waiting.length,
    waiting: waiting.length,
    reasons: countReasons(waiting.map(({ row }) => row.waiting?.reason ?? 'NotAskedYet')),
    items: changes.slice(0, mostChanges.shown).map(({ row }) => changeItemOf(row, now)),
  };
}

function policyItem({ version, refused }: ReturnType<GuardSource['policyNow']>): GuardDescription['policy'] {
  if (refused === undefined) return { version };
  return { version, refused: { reason: refused.reason, since: toInstant(refused.since) } };
}

export async function describeGuard(source: GuardSource): Promise<GuardDescription> {
  const now = source.now();
  const [{ version, pauses, verdicts }, counters, waiting, changes] = await Promise.all([
    pausesInForce(source),
    source.countersInUse(),
    source.book.waiting({ limit: mostWaiting.counted, now }),
    openChanges(source.changes, now),
  ]);
  return {
    apiVersion,
    kind: 'Guard',
    version,
    policy: policyItem(source.policyNow()),
    pauses: pauses.map(pauseItemOf),
    metrics: verdicts.map(standingItemOf),
    counters: [...counters],
    waiting: {
      count: waiting.length,
      reasons: countReasons(waiting.map(({ reason }) => reason)),
      items: waiting.slice(0, mostWaiting.shown).map(waitingItemOf),
    },
    changes: describeChanges(changes, now),
  };
}

export async function listPauses({ book }: GuardSource, { after, limit }: PausesQuery): Promise<PauseList> {
  const { rows, next } = await book.history({ limit, ...(after === undefined ? {} : { after }) });
  return {
    apiVersion,
    kind: 'PauseList',
    items: rows.map(pastPauseItemOf),
    ...nextOf(next),
  };
}

export async function listVerdicts(
  { book }: GuardSource,
  { metric, after, limit }: VerdictsQuery,
): Promise<VerdictList> {
  const { rows, next } = await book.verdicts({
    limit,
    ...(metric === undefined ? {} : { metric }),
    ...(after === undefined ? {} : { after }),
  });
  return {
    apiVersion,
    kind: 'VerdictList',
    items: rows.map(verdictItemOf),
    ...nextOf(next),
  };
}

export async function listPolicies(
  { policies }: Pick<GuardSource, 'policies'>,
  { after, limit }: PausesQuery,
): Promise<GuardPolicyList> {
  const { rows, next } = await policies.list({ limit, ...(after === undefined ? {} : { after }) });
  return {
    apiVersion,
    kind: 'GuardPolicyList',
    items: rows.map(({ version, policy, at, by }) => ({
      ...{ version, at: toInstant(at), by },
      policy: JSON.parse(policy) as Record<string, unknown>,
    })),
    ...nextOf(next),
  };
}
