import { existsSync, readFileSync } from 'node:fs';
import type { Command } from '../../domain/command.js';
import type { Decision, TimerRequest } from '../../domain/decision.js';
import { replay } from '../../domain/evolve.js';
import type { Fact } from '../../domain/fact.js';
import type { CommandId, NodeKey } from '../../domain/identifiers.js';
import { canonicalJson } from '../../domain/json.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';
import type { Input } from '../../domain/signal.js';
import { decideBy } from '../../services/maintenance/decide/decide.js';
import type { Rules } from '../../services/maintenance/decide/draft.js';
import { activeVersion, knowsWorkflow } from '../../workflows/catalog.js';
import { readLines, releaseFile } from './release.js';

/** One input that changed something, and all that a release decided by it. */
export interface GoldenStep {
  readonly input: Input;
  readonly facts: readonly Fact[];
  readonly commands: readonly Command[];
  readonly revoke: readonly CommandId[];
  readonly timers: readonly TimerRequest[];
}

/** Everything that a release decided about one node, from its beginning. */
export interface GoldenHistory {
  readonly name: string;
  readonly node: NodeKey;
  /** Place of its rules in the file's list. */
  readonly rules: number;
  readonly steps: readonly GoldenStep[];
  /** The state at the end, as it was stored. */
  readonly state: NodeState;
}

export interface GoldenHistories {
  readonly rules: readonly Rules[];
  readonly histories: readonly GoldenHistory[];
}

/** A step that is decided otherwise on purpose, by something that is no machine. */
interface AcceptedDrift {
  readonly history: string;
  /** Version of the node before the step. */
  readonly version: number;
  readonly why: string;
}

export function readHistories(version: string): GoldenHistories {
  const [first = '{}', ...lines] = readLines(releaseFile(version, 'histories.ndjson.gz'));
  const { rules } = JSON.parse(first) as Pick<GoldenHistories, 'rules'>;
  return { rules, histories: lines.map((line) => JSON.parse(line) as GoldenHistory) };
}

export function acceptedDrift(version: string): readonly AcceptedDrift[] {
  const file = releaseFile(version, 'accepted-drift.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AcceptedDrift[]) : [];
}

type Decided = Pick<Decision, 'facts' | 'commands' | 'revoke' | 'timers'>;

/** What a step decided, in one text that is the same for the same decision. */
export function shownStep({ facts, commands, revoke, timers }: Decided): string {
  return canonicalJson({ facts, commands, revoke, timers });
}

function isSame(one: Decided, other: Decided): boolean {
  const inOrder = ({ facts, commands, revoke, timers }: Decided): string =>
    JSON.stringify([facts, commands, revoke, timers]);
  // Members mostly stand in the same order, and that is quicker to see.
  return inOrder(one) === inOrder(other) || shownStep(one) === shownStep(other);
}

/** Whether today's code may be asked for the step: a machine that no new process is given begins no process any more. */
function canBeDecided(before: NodeState, after: NodeState): boolean {
  const pinned = before.process;
  if (pinned !== undefined && !knowsWorkflow(pinned.workflow, pinned.workflowVersion)) return false;
  const begun = after.process;
  const isNew = begun !== undefined && (pinned?.workflow !== begun.workflow || pinned.id !== begun.id);
  return !isNew || activeVersion[begun.workflow] === begun.workflowVersion;
}

export interface DriftedStep {
  readonly step: GoldenStep;
  readonly before: NodeState;
  readonly today: Decided;
}

/**
 * Has every step decided anew, each on the state that the release had before it, and tells those that come out
 * otherwise. Steps that begin what today's code begins no more are left out.
 */
export function driftOf({ rules }: GoldenHistories, history: GoldenHistory): readonly DriftedStep[] {
  const chosen = rules[history.rules];
  if (chosen === undefined) throw new TypeError(`${history.name} names rules that its file does not hold`);
  const decide = decideBy(chosen);
  let state = emptyNodeState(history.node);
  return history.steps.flatMap((step): readonly DriftedStep[] => {
    const before = state;
    state = replay(history.node, step.facts, before);
    if (!canBeDecided(before, state)) return [];
    const today = decide(before, step.input);
    return isSame(step, today) ? [] : [{ step, before, today }];
  });
}
