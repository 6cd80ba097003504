import type { Change, EndOfChange } from '../../../domain/change.js';
import type { Operation } from '../../../domain/command.js';
import type { ChangeId, CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import { endOfRolloutPause, pauseOfRollout, rolloutPauseKey } from '../../../domain/pause.js';
import type { SeenHealth } from '../../../domain/seen-health.js';
import { keepsRooms } from '../../journal/kept-rooms.js';
import type { JournalOptions } from '../../journal/options.js';
import { asStored } from '../../journal/storable.js';
import { pageByPosition } from '../../journal/pages.js';
import type {
  ChangeBook,
  ChangeRow,
  ChangesQuery,
  GrantAnswer,
  SoakingChange,
} from '../../ports/change-book.js';
import type { Page } from '../../ports/journal.js';
import type { NewsReader } from '../../ports/news-reader.js';
import { hasLeave, type StoredChange } from './changes.js';
import { keeperOf } from './keeper.js';
import type { MemoryStore } from './store.js';
import { takeCounters } from './take-counters.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

/** Tokens of one epoch are below those of the next. */
const tokensOfEpoch = 2 ** 40;

export class MemoryChangeBook implements ChangeBook {
  readonly #store: MemoryStore;
  readonly #options: Pick<JournalOptions, 'clock'>;

  constructor(store: MemoryStore, options: Pick<JournalOptions, 'clock'>) {
    this.#store = store;
    this.#options = options;
  }

  async keep(change: Change, headStartMs: number): Promise<ChangeRow> {
    const { changes } = this.#store;
    const asked = asStored(change);
    const known = changes.all.find(
      ({ change: { owner, key } }) => owner === asked.owner && key === asked.key,
    );
    return this.#rowOf(known ?? changes.add(asked, headStartMs));
  }

  async grant(id: ChangeId, ask: Parameters<ChangeBook['grant']>[1]): Promise<GrantAnswer> {
    const { changes, installation, guardVersion } = this.#store;
    const stored = changes.find(id);
    if (!isWaiting(stored) || stored.leaseUntil <= ask.now) return { kind: 'gone' };
    if (installation.paused) return { kind: 'refused', why: 'paused' };
    if (ask.guardVersion !== guardVersion) return { kind: 'refused', why: 'changed' };
    const { node } = stored.change;
    const refused = node === undefined ? undefined : this.#takeNode(stored, node, ask);
    if (refused !== undefined) return refused;
    this.#store.fencingToken += 1;
    stored.granted = { token: installation.epoch * tokensOfEpoch + this.#store.fencingToken, at: ask.now };
    stored.leaseUntil = ask.now + stored.change.leaseMs;
    const left = stored.waitingLine;
    stored.waitingReason = stored.waitingLine = stored.askAgainAt = undefined;
    stored.keptLines = [];
    this.#store.moveOn(left);
    this.#pauseFor(stored.change, ask.now);
    return { kind: 'granted' };
  }

  async wait(
    id: ChangeId,
    { reason, line, askAgainAt, keepsNothing }: Parameters<ChangeBook['wait']>[1],
  ): Promise<void> {
    const stored = this.#store.changes.find(id);
    if (!isWaiting(stored)) return;
    const left = stored.waitingLine;
    stored.waitingReason = asStored(reason);
    stored.waitingLine = line;
    stored.askAgainAt = askAgainAt;
    if (left !== line) this.#store.moveOn(left);
    if (line === undefined || keepsNothing === true) this.#keep(stored, []);
  }

  async noteHealth(id: ChangeId, seen: SeenHealth): Promise<void> {
    const stored = this.#store.changes.find(id);
    if (isWaiting(stored)) stored.before = asStored(seen);
  }

  watchRoom(): NewsReader {
    return this.#store.work.newReader();
  }

  async extend(id: ChangeId, now: number): Promise<boolean> {
    const stored = this.#live(id, now);
    if (stored === undefined) return false;
    stored.leaseUntil = Math.max(stored.leaseUntil, now + stored.change.leaseMs);
    return true;
  }

  async end(id: ChangeId, end: Parameters<ChangeBook['end']>[1]): Promise<boolean> {
    const stored = this.#live(id, end.at);
    if (stored === undefined || (stored.granted === undefined && end.how !== 'cancelled')) return false;
    const { change } = stored;
    if (end.how === 'succeeded' && change.rollout === undefined && change.soakMs !== undefined) {
      stored.soak = { said: asStored(end), until: end.at + change.soakMs };
      this.#wakeHeld(stored);
      return true;
    }
    this.#end(stored, asStored(end));
    return true;
  }

  async takeBack(now: number): Promise<readonly ChangeRow[]> {
    const lapsed = this.#store.changes.open.filter(
      ({ leaseUntil, soak }) => leaseUntil <= now && soak === undefined,
    );
    for (const stored of lapsed) {
      const how = stored.granted === undefined ? 'abandoned' : 'lost';
      this.#end(stored, { how, by: 'faultline', at: now });
    }
    return lapsed.map((stored) => this.#rowOf(stored));
  }

  async soaking(): Promise<readonly SoakingChange[]> {
    return this.#store.changes.open
      .flatMap((stored) => {
        const row = this.#rowOf(stored);
        const { change, soak } = row;
        if (soak === undefined || change.rollout !== undefined) return [];
        return [this.#soakingOf({ ...row, change, soak })];
      })
      .sort((one, other) => one.soak.until - other.soak.until);
  }

  async endSoak(id: ChangeId, end: Parameters<ChangeBook['endSoak']>[1]): Promise<boolean> {
    const stored = this.#store.changes.find(id);
    if (stored?.soak === undefined || stored.ended !== undefined) return false;
    this.#end(stored, asStored(end));
    return true;
  }

  async granted(operation?: Operation): Promise<readonly ChangeRow[]> {
    return this.#store.changes.open
      .filter(
        (stored) => (operation === undefined || stored.change.operation === operation) && hasLeave(stored),
      )
      .sort((one, other) => other.position - one.position)
      .map((stored) => this.#rowOf(stored));
  }

  async find(id: ChangeId): Promise<ChangeRow | undefined> {
    const stored = this.#store.changes.find(id);
    return stored === undefined ? undefined : this.#rowOf(stored);
  }

  async list({ open, node, after, limit }: ChangesQuery): Promise<Page<ChangeRow>> {
    const rows = this.#store.changes.all
      .filter(
        ({ change, position, ended }) =>
          (open === undefined || (ended === undefined) === open) &&
          (node === undefined || change.node === node) &&
          (after === undefined || position < Number(after)),
      )
      .reverse()
      .slice(0, limit);
    return pageByPosition(rows, limit, (stored) => this.#rowOf(stored));
  }

  /** The node has to be nobody's, and the counters have to have room. */
  #takeNode(
    stored: StoredChange,
    node: NodeKey,
    ask: Parameters<ChangeBook['grant']>[1],
  ): GrantAnswer | undefined {
    const process = this.#store.processes.activeOf(node);
    if (process !== undefined) return { kind: 'refused', why: 'process', holder: process.processId };
    const holder = this.#store.changes.holderOf(node);
    if (holder !== undefined) return { kind: 'refused', why: 'change', holder: holder.change.id };
    const isBehind = (lines: readonly string[]): boolean => this.#isBehind(lines, stored, ask.now);
    const standing = { rank: stored.rank, isChange: true, position: stored.position };
    // What it takes for longer than an ask it takes with its leave: it has not begun.
    const keptFor = (of: readonly string[]): NodeKey | undefined =>
      keeperOf(this.#store, of, { standing, hasBegun: false, now: ask.now });
    const doesKeep = keepsRooms(ask.now - stored.change.askedAt);
    const taker = { ...takerOf(stored.change.id), ...{ node, isBehind, keptFor, doesKeep } };
    const refusal = takeCounters(this.#store, taker, ask);
    if (refusal !== undefined) this.#keep(stored, refusal.keeps);
    return refusal?.refused;
  }

  #keep(stored: StoredChange, keeps: readonly string[]): void {
    const { keptLines: kept } = stored;
    stored.keptLines = keeps;
    this.#store.givenUp(kept, keeps);
  }

  #pauseFor(change: Change, at: number): void {
    const pause = change.rollout === undefined ? undefined : pauseOfRollout(change, at);
    if (pause === undefined) return;
    this.#store.beginPause(pause);
  }

  #endPauseOf({ id }: Change, end: EndOfChange): void {
    const key = rolloutPauseKey(id);
    const stored = this.#store.pauses.find(({ pause, ended }) => pause.key === key && ended === undefined);
    if (stored === undefined) return;
    this.#store.endPause(stored, endOfRolloutPause(id, end));
  }

  /** Whether somebody in these lines comes before it; of the same rank our own commands do. */
  #isBehind(lines: readonly string[], stored: StoredChange, now: number): boolean {
    return (
      this.#store.lines.isAnyUpTo(lines, stored.rank, this.#store.queues.resting) ||
      this.#store.changes.inLines(lines, now).some((other) => other !== stored && isBefore(other, stored))
    );
  }

  #live(id: ChangeId, now: number): StoredChange | undefined {
    const stored = this.#store.changes.find(id);
    if (stored === undefined || stored.soak !== undefined || stored.ended !== undefined) return undefined;
    return stored.leaseUntil > now ? stored : undefined;
  }

  #soakingOf(row: SoakingChange): SoakingChange {
    const { soak } = row;
    const [first] = this.#store.processes
      .since(soak.said.at)
      .filter(
        ({ node, startedAt, workflow }) =>
          node === row.change.node && startedAt > soak.said.at && workflow !== 'reclaim',
      )
      .sort((one, other) => one.startedAt - other.startedAt);
    if (first === undefined) return row;
    const { processId, faultType } = first;
    return { ...row, faultSince: { processId, faultType } };
  }

  /** Gives back what it took. */
  #end(stored: StoredChange, end: EndOfChange): void {
    const { waitingLine: left, keptLines: kept } = stored;
    this.#store.changes.end(stored, end);
    this.#store.moveOn(left);
    this.#store.givenUp(kept, []);
    this.#release(stored);
    this.#endPauseOf(stored.change, end);
  }

  #release(stored: StoredChange): void {
    const { id, node } = stored.change;
    const taker = takerOf(id).commandId;
    if (node !== undefined)
      this.#store.giveBack(({ commandId, until }) => commandId === taker && until !== 'never', node);
    this.#wakeHeld(stored);
  }

  /** Our own commands that waited for it need not any longer. */
  #wakeHeld({ change: { node } }: StoredChange): void {
    const { queues } = this.#store;
    for (const held of node === undefined ? [] : queues.of(node))
      if (held.status === 'waiting' && held.waitingReason?.startsWith('HeldByChange') === true)
        queues.setDue(held, held.createdAt);
    this.#store.work.announce();
  }

  #rowOf(stored: StoredChange): ChangeRow {
    const { change, leaseUntil, waitingReason: reason, askAgainAt, granted } = stored;
    const { before, soak, ended } = stored;
    const waits = reason !== undefined && askAgainAt !== undefined && isWaiting(stored);
    const place = this.#placeOf(stored);
    return {
      ...{ change, leaseUntil },
      ...(waits ? { waiting: { reason, askAgainAt, ...(place === undefined ? {} : { place }) } } : {}),
      ...(granted === undefined ? {} : { granted }),
      ...(before === undefined ? {} : { before }),
      ...(soak === undefined ? {} : { soak }),
      ...(ended === undefined ? {} : { ended }),
    };
  }

  #placeOf(stored: StoredChange): number | undefined {
    const { waitingLine: line } = stored;
    if (line === undefined) return undefined;
    const { changes, lines } = this.#store;
    const before = changes
      .inLines([line], this.#options.clock.now())
      .filter((other) => other !== stored && isBefore(other, stored));
    return lines.countUpTo(line, stored.rank) + before.length + 1;
  }
}

function isWaiting(stored: StoredChange | undefined): stored is StoredChange {
  return stored !== undefined && stored.granted === undefined && stored.ended === undefined;
}

function isBefore(one: StoredChange, other: StoredChange): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.position < other.position);
}

/** Whatever counts permits counts those of changes: they stand under its id, as command and as process. */
function takerOf(id: ChangeId): { readonly commandId: CommandId; readonly processId: ProcessId } {
  const taker: string = id;
  return { commandId: taker as CommandId, processId: taker as ProcessId };
}
