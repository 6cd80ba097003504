import { commandCatalog } from '../../../domain/command.js';
import type { PauseId } from '../../../domain/identifiers.js';
import type { MetricJudgement, MetricVerdict } from '../../../domain/metric-verdict.js';
import {
  asDenied,
  questionOf,
  type EndOfPause,
  type Incident,
  type Pause,
  type Verdict,
} from '../../../domain/pause.js';
import type {
  AnsweredIncident,
  CasesQuery,
  FaultCase,
  GuardBook,
  GuardPresent,
  PauseRow,
  WaitingForLeave,
  WaitingQuery,
} from '../../ports/guard-book.js';
import type { Page } from '../../ports/journal.js';
import { byRank, rankOf } from './lines.js';
import type { MemoryStore, StoredCommand, StoredPause } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryGuardBook implements GuardBook {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async present(): Promise<GuardPresent> {
    const { pauses, guardVersion, verdicts } = this.#store;
    const inForce = pauses.filter(({ ended }) => ended === undefined);
    return {
      version: guardVersion,
      pauses: inForce.map(({ pause }) => pause),
      verdicts: verdicts.standing(pauses),
    };
  }

  async begin(pause: Pause): Promise<boolean> {
    const { pauses } = this.#store;
    const isThere = pauses.some(
      (other) => other.pause.id === pause.id || (other.ended === undefined && other.pause.key === pause.key),
    );
    if (isThere) return false;
    this.#store.beginPause(pause);
    return true;
  }

  async update(id: PauseId, incident: Incident): Promise<boolean> {
    const stored = this.#undecided(id);
    if (stored?.pause.incident === undefined) return false;
    this.#store.changePause(stored, 'grew', { ...stored.pause, incident });
    return true;
  }

  async deny(id: PauseId, verdict: Verdict): Promise<boolean> {
    const stored = this.#undecided(id);
    if (stored === undefined) return false;
    this.#store.changePause(stored, 'denied', asDenied(stored.pause, verdict));
    return true;
  }

  async end(id: PauseId, end: EndOfPause): Promise<boolean> {
    const stored = this.#inForce(id);
    if (stored === undefined) return false;
    this.#store.endPause(stored, end);
    return true;
  }

  async answeredSince(since: number): Promise<readonly AnsweredIncident[]> {
    return this.#store.pauses.flatMap(({ pause: { where, incident }, ended }) =>
      incident === undefined || ended === undefined || ended.how === 'joined' || ended.at < since
        ? []
        : [{ where, at: ended.at }],
    );
  }

  async find(id: PauseId): Promise<PauseRow | undefined> {
    const stored = this.#store.pauses.find(({ pause }) => pause.id === id);
    return stored === undefined ? undefined : rowOf(stored);
  }

  async history({ after, limit }: Parameters<GuardBook['history']>[0]): Promise<Page<PauseRow>> {
    const { pauses } = this.#store;
    const end = after === undefined ? pauses.length : Number(after);
    const start = Math.max(end - limit, 0);
    const rows = pauses.slice(start, end).reverse();
    return {
      rows: rows.map(rowOf),
      ...(rows.length < limit ? {} : { next: String(start) }),
    };
  }

  async judge(judgement: MetricJudgement): Promise<void> {
    if (this.#store.verdicts.judge(judgement)) this.#store.guardVersion += 1;
  }

  async verdicts(query: Parameters<GuardBook['verdicts']>[0]): Promise<Page<MetricVerdict>> {
    return this.#store.verdicts.recorded(query);
  }

  async cases({ since, active, byDecision, limit }: CasesQuery): Promise<readonly FaultCase[]> {
    const { processes } = this.#store;
    const begun = processes.since(since).map((row) => ({ row, at: row.startedAt }));
    return (byDecision === true ? processes.decidedSince(since) : begun)
      .filter(
        ({ row: { workflow, endedAt } }) =>
          workflow !== 'reclaim' && (active !== true || endedAt === undefined),
      )
      .sort((a, b) => a.at - b.at || (a.row.processId < b.row.processId ? -1 : 1))
      .slice(0, limit)
      .map(({ row: { node, processId, stage, faultType, endedAt }, at }) => {
        const state = this.#store.states.get(node);
        const faults = Object.values(state?.faults ?? {});
        const reporter = faults.find(({ type }) => type === faultType)?.sources[0];
        const enteredAt = endedAt === undefined ? state?.process?.context.enteredAt : undefined;
        return {
          ...{ node, processId, stage, faultType, at },
          ...(reporter === undefined ? {} : { reporter }),
          ...(enteredAt === undefined ? {} : { enteredAt }),
        };
      });
  }

  async waiting({ node, limit, now }: WaitingQuery): Promise<readonly WaitingForLeave[]> {
    return this.#store.queues
      .due(Infinity)
      .filter((head) => (node === undefined || head.command.node === node) && waitsForLeave(head))
      .sort(byRank)
      .slice(0, limit)
      .map((head) => {
        const { id: commandId, processId, node: of, type, faultType } = head.command;
        const place = this.#placeOf(head, now);
        return {
          ...{ commandId, processId, node: of, type, faultType, reason: head.waitingReason ?? '' },
          ...{ waitingSince: head.createdAt, askedAgainAt: head.dueAt },
          ...(place === undefined ? {} : { place }),
        };
      });
  }

  /** In its line; of the same rank our own commands come before changes. */
  #placeOf(head: StoredCommand, now: number): number | undefined {
    const { lines, changes } = this.#store;
    const place = lines.placeOf(head);
    if (place === undefined || head.waitingLine === undefined) return undefined;
    return place + changes.inLines([head.waitingLine], now).filter(({ rank }) => rank < rankOf(head)).length;
  }

  async counters(): ReturnType<GuardBook['counters']> {
    return [...this.#store.permits.used]
      .filter(([, used]) => used > 0)
      .map(([counter, used]) => ({ counter, used }))
      .sort((a, b) => (a.counter < b.counter ? -1 : 1));
  }

  #inForce(id: PauseId): StoredPause | undefined {
    return this.#store.pauses.find(({ pause, ended }) => pause.id === id && ended === undefined);
  }

  /** One with a question that nobody has denied. */
  #undecided(id: PauseId): StoredPause | undefined {
    const stored = this.#inForce(id);
    const question = stored === undefined ? undefined : questionOf(stored.pause);
    return question !== undefined && question.denied === undefined ? stored : undefined;
  }
}

function rowOf({ pause, ended }: StoredPause): PauseRow {
  return { pause, ...(ended === undefined ? {} : { ended }) };
}

function waitsForLeave({ status, waitingReason, command }: StoredCommand): boolean {
  return (
    status === 'waiting' && waitingReason !== undefined && commandCatalog[command.type].permit !== undefined
  );
}
