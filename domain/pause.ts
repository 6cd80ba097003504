import type { EndOfChange, RolloutChange } from './change.js';
import { repairing, type Operation } from './command.js';
import type { ChangeId, NodeKey, PauseId } from './identifiers.js';
import type { MetricVerdict } from './metric-verdict.js';
import { ownOwner } from './permit-request.js';
import { isAbout, isAboutPart, type PartOfCluster, type Place, type Subject, type Where } from './where.js';

/** Somebody decided something, and says why. */
export interface Verdict {
  /** An authenticated subject, `breaker NAME`, `metric NAME` or `faultline`. */
  readonly by: string;
  readonly reason: string;
  /** ms */
  readonly at: number;
}

/** No new harm where it holds: no permit for what it is about. What needs none goes on, and so do repairs that are none of an incident. */
export interface Pause {
  readonly id: PauseId;
  /** Of one key, one is in force at a time. */
  readonly key: string;
  readonly where: Where;
  /** Undefined: whatever needs leave. */
  readonly operations?: readonly Operation[];
  readonly begun: Verdict;
  /** Ends by itself then, ms. Undefined: never. */
  readonly until?: number;
  /** Why a breaker tripped. */
  readonly incident?: Incident;
  /** Why a business metric stopped changes. */
  readonly regression?: Regression;
  /** What goes on there: it ends with that. None of the three: a person froze it. */
  readonly rollout?: RolloutUnderWay;
}

/** A rollout of somebody else, who is not held back by it. */
interface RolloutUnderWay {
  readonly change: ChangeId;
  readonly owner: string;
}

/** What a person is asked about by a pause. */
interface Question {
  /** What began before is none of it, ms. */
  readonly since: number;
  /** A person said no: what was begun since is taken back, and the pause stays. */
  readonly denied?: Verdict;
}

/** Many nodes that fail together: one thing to ask a person about. */
export interface Incident extends Question {
  /** Name of the breaker that tripped. */
  readonly breaker: string;
  /** What was counted together, in words: `rack r1 of cluster a`. */
  readonly common: string;
  /** What else most of these nodes share and most others don't, in words: `power=p1 (190 of 200; 224 nodes have it)`. */
  readonly shared: readonly string[];
  /** Nodes with new faults, each once; the first thousand of them. */
  readonly nodes: readonly NodeKey[];
  /** How many there are in all. */
  readonly count: number;
  readonly faultTypes: readonly string[];
  /** When the latest of these faults was seen, ms. */
  readonly latestAt: number;
}

/** A business metric that is not good while changes are made: one question to a person about those. */
export interface Regression extends Question {
  /** By which the pause began. */
  readonly verdict: MetricVerdict;
  /** Nodes where something was under way then, each once; the first thousand of them. */
  readonly nodes: readonly NodeKey[];
  /** How many there were in all. */
  readonly count: number;
  /** Changes of others that had leave then. */
  readonly changes: readonly ChangeId[];
}

/** Undefined: nobody is asked about it. */
export function questionOf({ incident, regression }: Pause): Question | undefined {
  return incident ?? regression;
}

/** A pause about which a person said no. */
export function asDenied(pause: Pause, denied: Verdict): Pause {
  const { incident, regression } = pause;
  return {
    ...pause,
    ...(incident === undefined ? {} : { incident: { ...incident, denied } }),
    ...(regression === undefined ? {} : { regression: { ...regression, denied } }),
  };
}

/**
 * `thawed`: by a person. `approved`: by a person who was asked, go on. `expired`: its time is over. `over`: by the rule of who began it.
 * `joined`: all of it is part of a greater incident, which is in force.
 */
export const endsOfPause = ['thawed', 'approved', 'expired', 'over', 'joined'] as const;

export interface EndOfPause extends Verdict {
  readonly how: (typeof endsOfPause)[number];
}

/** What became of a pause. `grew`: more of an incident is known. */
export const changesOfPause = ['began', 'grew', 'denied', 'ended'] as const;

/** A change of a pause, with what the pause was from then on. */
export interface ToldPause {
  readonly change: (typeof changesOfPause)[number];
  readonly pause: Pause;
  readonly ended?: EndOfPause;
}

/** Whether a pause still stands at `now` (ms). One whose time is over does not, even if nobody has ended it yet. */
export function isInForce({ until }: Pause, now: number): boolean {
  return until === undefined || now < until;
}

/** Whether a pause that is in force keeps this from being begun. */
export function holdsBack(
  pause: Pause,
  request: Subject & { readonly operation: Operation },
  place: Place,
): boolean {
  const { where, incident } = pause;
  return (
    isAboutOperation(pause, request) && isAbout(where, request, place) && !isRepairOfBefore(incident, request)
  );
}

/** Whether it keeps this from being begun at the nodes of a place. */
export function holdsBackPart(
  pause: Pause,
  request: PartOfCluster & { readonly operation: Operation },
  place: Place,
): boolean {
  return isAboutOperation(pause, request) && isAboutPart(pause.where, request, place);
}

/** Whoever rolls out is not in his own way. */
function isAboutOperation(
  { operations, rollout }: Pause,
  { operation, owner }: { readonly operation: Operation; readonly owner?: string },
): boolean {
  if (rollout !== undefined && rollout.owner === owner) return false;
  return operations === undefined || operations.includes(operation);
}

/**
 * A node that was out of service before an incident is none of what is asked about, and would be left half repaired. Of more nodes than
 * an incident keeps nobody can tell whether it is.
 */
function isRepairOfBefore(
  incident: Incident | undefined,
  { node, owner, operation }: Subject & { readonly operation: Operation },
): boolean {
  if (incident === undefined || owner !== ownOwner || !repairing.includes(operation)) return false;
  return incident.count <= incident.nodes.length && !incident.nodes.includes(node);
}

/** As long as a rollout has leave. Undefined: it pauses nothing. */
export function pauseOfRollout(change: RolloutChange, at: number): Pause | undefined {
  const { id, owner, reason, rollout } = change;
  const { cluster, scope, pauses } = rollout;
  if (pauses.length === 0) return undefined;
  return {
    id: pauseIdOf(id),
    key: rolloutPauseKey(id),
    where: { clusters: [cluster], ...scope },
    operations: pauses,
    begun: { by: owner, reason: `a rollout is under way there: ${reason}`, at },
    rollout: { change: id, owner },
  };
}

export function rolloutPauseKey(change: ChangeId): string {
  return `rollout:${change}`;
}

/** Each has one pause at the most, which is found by its change. */
function pauseIdOf(change: ChangeId): PauseId {
  return `z-${change.slice('c-'.length)}` as PauseId;
}

/** With its rollout a pause is over. */
export function endOfRolloutPause(change: ChangeId, { how, by, at }: EndOfChange): EndOfPause {
  return { how: 'over', by, reason: `rollout ${change}: ${how}`, at };
}
