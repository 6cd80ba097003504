import TinyQueue from 'tinyqueue';

import type { RecordedOperation } from '../../../adapters/ports/guard-history.js';
import {
  lineOfUnavailable,
  type BudgetClaim,
  type FleetMember,
  type FleetPicture,
} from '../../../adapters/ports/journal.js';
import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import type { Pause } from '../../../domain/pause.js';
import { isAboutPlace } from '../../../domain/where.js';
import { answerTo } from '../answer.js';
import { noMetrics } from '../metrics/hold-by-metrics.js';
import { namedCounter } from '../counter-name.js';
import type { GuardPolicy } from '../policy.js';
import { Durations, endOf } from './durations.js';
import { comesBefore, PlayedLines } from './lines.js';

/** A pause that stood once. */
export interface PlayedPause {
  readonly pause: Pause;
  /** ms; undefined: it is in force. */
  readonly endedAt?: number;
}

/** What became of an operation under the policy that is played. */
export interface PlayedFate {
  readonly operation: RecordedOperation;
  /** When it asked, moved by what its chain had to wait longer than in fact, ms. */
  readonly askedAt: number;
  /** ms; undefined: at the end of the history it still waited. */
  readonly beganAt: number | undefined;
  /** How long it waited for what, ms, by what first held it first: `isolate/in-flight`, `isolate/rate`, `QuietHours: NAME`, `Paused: ID`. */
  readonly heldBy: ReadonlyMap<string, number>;
}

export interface PlayOptions {
  readonly policy: GuardPolicy;
  /** By cluster: sizes and places. Whom others keep out is not known of the past, so nobody is. */
  readonly pictures: ReadonlyMap<string, FleetPicture>;
  /** What was asked for before is begun as it was, and takes what it takes. */
  readonly since: number;
  readonly onFate: (fate: PlayedFate) => void;
}

interface Waiter {
  readonly operation: RecordedOperation;
  readonly member: FleetMember;
  readonly chain: Chain;
  readonly askedAt: number;
  readonly rank: number;
  readonly order: number;
  readonly heldBy: Map<string, number>;
  /** Where it waits, for what, and since when. */
  waits?: { readonly line: string; readonly reason: string; readonly since: number };
}

/** The operations of one process, of which one is asked for at a time. */
interface Chain {
  /** How much later than in fact its operations come, ms. */
  shift: number;
  /** The first asks, waits or is at work. */
  readonly ahead: { readonly operation: RecordedOperation; readonly member: FleetMember }[];
  readonly until: number | undefined;
  readonly held: string[];
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Nobody knows what the fleet did when: it counts as seen just now, whenever that is. */
const always = Number.MAX_SAFE_INTEGER;

/**
 * Plays recorded operations against a policy, by the guard's own answers. Whoever is held ends later by as much, and so does what its process
 * did afterwards; what would have begun sooner draws nothing forward. Holds only what is under way or waits, however long the history is.
 */
export class PlayedOperations {
  readonly #options: PlayOptions;
  readonly #policy: GuardPolicy;
  readonly #happenings = new TinyQueue<Happening>(
    [],
    (one, other) => one.at - other.at || one.order - other.order,
  );
  readonly #lines = new PlayedLines<Waiter>();
  readonly #chains = new Map<string, Chain>();
  readonly #used = new Map<string, number>();
  /** By chain, the nodes that are out of service. */
  readonly #out = new Map<string, FleetMember>();
  /** Lines of those that wait for enough nodes to be healthy, whichever chain gives back one. */
  readonly #healthLines = new Set<string>();
  readonly #pauses = new Map<string, Pause>();
  /** Lines that are looked at again at some time. */
  readonly #woken = new Set<string>();
  readonly #pictures: ReadonlyMap<string, FleetPicture>;
  readonly #durations = new Durations();
  #now = 0;
  #order = 0;

  constructor(options: PlayOptions, pauses: readonly PlayedPause[]) {
    this.#options = options;
    // What metrics said is recorded for those of old policies only; where people were asked, pauses tell.
    this.#policy = { ...options.policy, business: noMetrics };
    this.#pictures = new Map(
      [...options.pictures].map(([cluster, { groups }]) => [
        cluster,
        { cluster, observedAt: always, groups },
      ]),
    );
    for (const { pause, endedAt } of pauses) {
      this.#at(pause.begun.at, () => this.#pauses.set(pause.id, pause));
      if (endedAt !== undefined)
        this.#at(endedAt, () => {
          this.#pauses.delete(pause.id);
          this.#lookAt(pausedLine(pause.id));
        });
    }
  }

  /** In order of `askedAt`. */
  take(operation: RecordedOperation, member: FleetMember): void {
    this.#runUntil(operation.askedAt);
    const chain = this.#chainOf(operation);
    // Nobody knows what was wrong with the node then: it counts as in service, which is the stricter of both.
    chain.ahead.push({ operation, member: { ...member, unavailable: false } });
    if (chain.ahead.length === 1) this.#askNext(chain);
  }

  /** Nothing is known from then on, ms. */
  finish(at: number): void {
    this.#runUntil(at);
    for (const waiter of [...this.#lines.all()]) this.#tell(waiter, undefined);
  }

  #chainOf({ chain: id, chainEndedAt: until }: RecordedOperation): Chain {
    const found = this.#chains.get(id) ?? { shift: 0, ahead: [], until, held: [] };
    this.#chains.set(id, found);
    return found;
  }

  #at(at: number, run: () => void): void {
    this.#happenings.push({ at: Math.max(at, this.#now), order: this.#order, run });
    this.#order += 1;
  }

  #runUntil(at: number): void {
    for (
      let next = this.#happenings.peek();
      next !== undefined && next.at <= at;
      next = this.#happenings.peek()
    ) {
      this.#happenings.pop();
      this.#now = next.at;
      next.run();
    }
    this.#now = Math.max(this.#now, at);
  }

  #askNext(chain: Chain): void {
    const [next] = chain.ahead;
    if (next === undefined) return;
    const askedAt = Math.max(this.#now, next.operation.askedAt + chain.shift);
    this.#order += 1;
    const rank = askedAt - next.operation.headStartMs;
    const waiter: Waiter = { ...next, chain, askedAt, rank, order: this.#order, heldBy: new Map() };
    this.#at(askedAt, () => {
      this.#ask(waiter);
    });
  }

  /** True: it has begun. */
  #ask(waiter: Waiter): boolean {
    const { request, askedAt } = waiter.operation;
    const answer = answerTo(request, this.#policy, {
      picture: this.#pictures.get(namesOf(request.node).cluster),
      member: waiter.member,
      pauses: [...this.#pauses.values()],
      verdicts: [],
      now: this.#now,
    });
    const isOld = askedAt < this.#options.since;
    if (answer.kind === 'wait') {
      if (isOld) return this.#begin(waiter, []);
      const [, id] = /^Paused: (\S+)/.exec(answer.reason) ?? [];
      if (id !== undefined) return this.#hold(waiter, { line: pausedLine(id), reason: `Paused: ${id}` });
      return this.#hold(waiter, { line: answer.reason, reason: answer.reason, again: answer.until });
    }
    const claims = [...answer.budgets].sort((one, other) => (one.counter < other.counter ? -1 : 1));
    const refusing = isOld ? undefined : claims.find((claim) => this.#refuses(claim, waiter));
    if (refusing === undefined) return this.#begin(waiter, claims);
    const { counter, line, until, outOfService } = refusing;
    if (outOfService?.who === 'everybody') this.#healthLines.add(line);
    const again = until === 'never' ? answer.askAgainAt[counter] : undefined;
    const reason = counter.split('/').slice(0, 2).join('/');
    return this.#hold(waiter, { line, reason, ...(again === undefined ? {} : { again }) });
  }

  #refuses(claim: BudgetClaim, waiter: Waiter): boolean {
    const { cap, line, yieldsTo } = claim;
    if (this.#takenOf(claim, waiter.member.node) >= cap) return true;
    return [line, yieldsTo].some((other) => {
      const first = other === undefined ? undefined : this.#lines.first(other);
      return first !== undefined && first !== waiter && comesBefore(first, waiter);
    });
  }

  /** Whom others keep out is not known of the past. */
  #takenOf({ counter, outOfService }: BudgetClaim, but: NodeKey): number {
    if (outOfService?.who !== 'everybody') return this.#used.get(counter) ?? 0;
    const { cluster, where } = outOfService;
    const out = [...this.#out.values()].filter(
      (member) =>
        member.node !== but && namesOf(member.node).cluster === cluster && isAboutPlace(where, member),
    );
    return new Set(out.map(({ node }) => node)).size;
  }

  #hold(
    waiter: Waiter,
    { line, reason, again }: { readonly line: string; readonly reason: string; readonly again?: number },
  ): false {
    this.#leave(waiter, line);
    if (waiter.waits === undefined) this.#lines.add(line, waiter);
    waiter.waits = { line, reason, since: this.#now };
    if (again !== undefined && again > this.#now && !this.#woken.has(line)) {
      this.#woken.add(line);
      this.#at(again, () => {
        this.#woken.delete(line);
        this.#lookAt(line);
      });
    }
    return false;
  }

  /** Counts what it has waited until now, and takes it out of its line unless that is the one where it stays. */
  #leave(waiter: Waiter, stays?: string): void {
    const { waits, heldBy } = waiter;
    if (waits === undefined) return;
    heldBy.set(waits.reason, (heldBy.get(waits.reason) ?? 0) + this.#now - waits.since);
    if (waits.line === stays) return;
    this.#lines.remove(waits.line, waiter);
    delete waiter.waits;
  }

  /** Whoever is first asks again, and the next one when that one has left the line. */
  #lookAt(line: string): void {
    for (let first = this.#lines.first(line); first !== undefined; first = this.#lines.first(line)) {
      this.#ask(first);
      if (this.#lines.first(line) === first) return;
    }
  }

  #begin(waiter: Waiter, claims: readonly BudgetClaim[]): true {
    const { operation, chain } = waiter;
    this.#leave(waiter);
    for (const { counter, until } of claims) {
      const used = this.#used.get(counter) ?? 0;
      this.#used.set(counter, used + 1);
      if (until === 'returned') {
        chain.held.push(counter);
        this.#out.set(operation.chain, waiter.member);
      }
      // A window that is over counts for nobody.
      if (until === 'never' && used === 0)
        this.#at(this.#windowEndOf(counter), () => this.#used.delete(counter));
    }
    this.#tell(waiter, this.#now);
    const began = this.#durations.beganInFact(operation);
    chain.shift = Math.max(0, this.#now - began);
    const endedAt = endOf(operation);
    const ends = endedAt === undefined ? undefined : this.#now + endedAt - began;
    const settled = claims.filter(({ until }) => until === 'settled').map(({ counter }) => counter);
    if (ends !== undefined)
      this.#at(ends, () => {
        this.#end(chain, operation, settled);
      });
    return true;
  }

  /** Whoever waits asks again before that, since another policy may hold by then: here none does. */
  #windowEndOf(counter: string): number {
    return namedCounter(counter, this.#policy.budgets).windowEndsAt ?? this.#now;
  }

  #end(chain: Chain, { chain: id }: RecordedOperation, settled: readonly string[]): void {
    chain.ahead.shift();
    if (chain.until !== undefined)
      this.#at(chain.until + chain.shift, () => {
        this.#return(id, chain);
      });
    this.#askNext(chain);
    this.#giveBack(settled);
  }

  #return(id: string, chain: Chain): void {
    const isOver = chain.until !== undefined && chain.until + chain.shift <= this.#now;
    if (!isOver || chain.ahead.length > 0 || !this.#chains.delete(id)) return;
    this.#out.delete(id);
    this.#giveBack(chain.held);
    for (const line of this.#healthLines) this.#lookAt(line);
  }

  #giveBack(counters: readonly string[]): void {
    for (const counter of counters) {
      const used = (this.#used.get(counter) ?? 0) - 1;
      if (used > 0) this.#used.set(counter, used);
      else this.#used.delete(counter);
    }
    for (const counter of new Set(counters)) {
      this.#lookAt(lineOfUnavailable(counter));
      this.#lookAt(counter);
    }
  }

  #tell(waiter: Waiter, beganAt: number | undefined): void {
    if (waiter.operation.askedAt < this.#options.since) return;
    if (beganAt === undefined) this.#leave(waiter);
    const { operation, askedAt, heldBy } = waiter;
    this.#options.onFate({ operation, askedAt, beganAt, heldBy });
  }
}

function pausedLine(id: string): string {
  return `pause ${id}`;
}
