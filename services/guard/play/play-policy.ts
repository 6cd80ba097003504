import type { AnsweredIncident, FaultCase, PauseRow } from '../../../adapters/ports/guard-book.js';
import type { RecordedOperation } from '../../../adapters/ports/guard-history.js';
import type { FleetMember, FleetPicture } from '../../../adapters/ports/journal.js';
import type { Operation } from '../../../domain/command.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { Breaker } from '../breakers.js';
import type { GuardPolicy } from '../policy.js';
import { PlayedBreakers, type PlayedTrip } from './play-breakers.js';
import { PlayedOperations, type PlayedFate } from './play-operations.js';
import { Waits } from './waits.js';

/** A wait in fact that is shorter is the look at the present that comes before each claim. */
const heldInFactMs = 1_000;

/** Operations of one kind under the policy that was played, and as they were. */
export interface OperationFates {
  readonly operation: Operation;
  asked: number;
  /** Those that did not begin at once. */
  readonly held: Waits;
  /** Of those, still waiting at the end. */
  stillWaiting: number;
  /** Those that did not begin at once in fact, of those of whom it is known. */
  readonly heldInFact: Waits;
  /** Nobody knows any more when they began. */
  unknownInFact: number;
}

/** One that was held under the policy that was played. */
export interface HeldOperation {
  readonly node: NodeKey;
  readonly operation: Operation;
  readonly askedAt: number;
  /** Undefined: it still waited at the end. */
  readonly waitedMs: number | undefined;
  readonly waitedInFactMs: number | undefined;
  /** What held it longest. */
  readonly by: string;
}

export interface PlayedPolicy {
  readonly operations: readonly OperationFates[];
  /** By what held them. */
  readonly holds: ReadonlyMap<string, Waits>;
  readonly trips: readonly PlayedTrip[];
  /** The first of them. */
  readonly first: readonly HeldOperation[];
  /** Of nodes that the inventory does not know now: they were left out. */
  readonly unplaced: { operations: number; faults: number };
}

export interface PlayedHistory {
  /** In order of `askedAt`. */
  readonly operations: AsyncIterable<RecordedOperation>;
  /** New faults, in order of time. */
  readonly cases: AsyncIterable<FaultCase>;
  /** All that stood within the time that is played. */
  readonly pauses: readonly PauseRow[];
  readonly pictures: ReadonlyMap<string, FleetPicture>;
  readonly memberOf: (node: NodeKey) => Promise<FleetMember | undefined>;
}

export interface PlayedRules {
  readonly policy: GuardPolicy;
  readonly breakers: readonly Breaker[];
  /** What a rollout pauses. */
  readonly rolloutPauses: readonly Operation[];
  readonly lookEveryMs: number;
}

/**
 * What a policy would have allowed and held in a recorded history. Reads both streams once, and keeps only what is under way.
 * @param span ms; operations from before are begun as they were
 * @param limit how many of those that were held are told one by one
 */
export async function playPolicy(
  rules: PlayedRules,
  history: PlayedHistory,
  { since, until, limit }: { readonly since: number; readonly until: number; readonly limit: number },
): Promise<PlayedPolicy> {
  const tally = new Tally(limit);
  const unplaced = { operations: 0, faults: 0 };
  const play = new PlayedOperations(
    {
      policy: rules.policy,
      pictures: history.pictures,
      since,
      onFate: (fate) => {
        tally.add(fate, until);
      },
    },
    pausesUnder(rules, history.pauses),
  );
  for await (const operation of history.operations) {
    const member = await history.memberOf(operation.request.node);
    if (member === undefined) unplaced.operations += 1;
    else play.take(operation, member);
  }
  play.finish(until);
  const breakers = new PlayedBreakers({
    ...rules,
    pictures: history.pictures,
    answered: answersIn(history.pauses),
  });
  for await (const one of history.cases) {
    const member = await history.memberOf(one.node);
    if (member === undefined) unplaced.faults += 1;
    else breakers.take({ ...one, member });
  }
  return { ...tally.told(), trips: breakers.finish(), unplaced };
}

/**
 * What people froze, rollouts by what the policy says of them, and incidents of breakers that it still has: how long a person takes for
 * others nobody knows.
 */
function pausesUnder(
  { breakers, rolloutPauses }: PlayedRules,
  pauses: readonly PauseRow[],
): ConstructorParameters<typeof PlayedOperations>[1] {
  return pauses
    .filter(
      ({ pause: { incident } }) =>
        incident === undefined || breakers.some(({ name }) => name === incident.breaker),
    )
    .map(({ pause, ended }) => ({
      pause: pause.rollout === undefined ? pause : { ...pause, operations: rolloutPauses },
      ...(ended === undefined ? {} : { endedAt: ended.at }),
    }));
}

function answersIn(pauses: readonly PauseRow[]): readonly AnsweredIncident[] {
  return pauses.flatMap(({ pause: { where, incident }, ended }) =>
    incident === undefined || ended === undefined || ended.how === 'joined' ? [] : [{ where, at: ended.at }],
  );
}

/** Sums fates up. */
class Tally {
  readonly #limit: number;
  readonly #operations = new Map<Operation, OperationFates>();
  readonly #holds = new Map<string, Waits>();
  readonly #first: HeldOperation[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add({ operation: recorded, askedAt, beganAt, heldBy }: PlayedFate, until: number): void {
    const { operation, node } = recorded.request;
    const fates = this.#of(operation);
    fates.asked += 1;
    const inFact = recorded.beganAt === undefined ? undefined : recorded.beganAt - recorded.askedAt;
    if (inFact === undefined) fates.unknownInFact += 1;
    else if (inFact > heldInFactMs) fates.heldInFact.add(inFact);
    if (beganAt === undefined) fates.stillWaiting += 1;
    const waited = (beganAt ?? until) - askedAt;
    if (waited === 0 && beganAt !== undefined) return;
    fates.held.add(waited);
    for (const [by, ms] of heldBy) this.#heldBy(by).add(ms);
    if (this.#first.length >= this.#limit) return;
    const [by] = [...heldBy].sort(([, one], [, other]) => other - one)[0] ?? [''];
    const waitedMs = beganAt === undefined ? undefined : waited;
    this.#first.push({ node, operation, askedAt, waitedMs, waitedInFactMs: inFact, by });
  }

  told(): Pick<PlayedPolicy, 'operations' | 'holds' | 'first'> {
    return { operations: [...this.#operations.values()], holds: this.#holds, first: this.#first };
  }

  #of(operation: Operation): OperationFates {
    const found = this.#operations.get(operation) ?? {
      ...{ operation, asked: 0, held: new Waits(), stillWaiting: 0 },
      ...{ heldInFact: new Waits(), unknownInFact: 0 },
    };
    this.#operations.set(operation, found);
    return found;
  }

  #heldBy(by: string): Waits {
    const found = this.#holds.get(by) ?? new Waits();
    this.#holds.set(by, found);
    return found;
  }
}
