import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import { namesOf } from '../../domain/identifiers.js';
import type { Recipe } from '../../domain/node-state.js';
import type { Ailment } from '../world/machine-hall.js';
import type { Site } from '../world/site.js';
import { aLostJournalHarmsNothing } from './a-lost-journal-harms-nothing.js';
import { aReportHasOneFate } from './a-report-has-one-fate.js';
import { everyOutcomeHasACause } from './every-outcome-has-a-cause.js';
import { givenBackAsItWasSeen } from './given-back-as-it-was-seen.js';
import type { Invariant } from './invariant.js';
import { isolationHasOneOwner } from './isolation-has-one-owner.js';
import { noDestructiveEffectTwice } from './no-destructive-effect-twice.js';
import { neverMoreThanTheLimits, type OperationsLimits } from './never-more-than-the-limits.js';
import { noPermitNoRiskyChange, type Limits } from './no-permit-no-risky-change.js';
import { nobodyIsDeclaredDead } from './nobody-is-declared-dead.js';
import { nothingIsLeftBehind } from './nothing-is-left-behind.js';
import { oldReportsOpenNothing, type BootNumber } from './old-reports-open-nothing.js';
import { oneProcessPerNode } from './one-process-per-node.js';
import { onlyTheNodeThatWasMeant } from './only-the-node-that-was-meant.js';
import { recoveryIsObserved } from './recovery-is-observed.js';
import { replayGivesTheState } from './replay-gives-the-state.js';
import { isolatedForWhatIsSo, type IsIll } from './isolated-for-what-is-so.js';
import { whatIsBrokenIsDealtWith } from './what-is-broken-is-dealt-with.js';
import { whatIsParkedRests } from './what-is-parked-rests.js';
import { whatIsPausedIsNotBegun } from './what-is-paused-is-not-begun.js';
import { whatIsToldAgainIsNotOver } from './what-is-told-again-is-not-over.js';
import { whatIsRevokedIsNotBegun } from './what-is-revoked-is-not-begun.js';
import { whoWaitsIsSeen } from './who-waits-is-seen.js';
import { workloadHasNotice } from './workload-has-notice.js';

/** What invariants are held against, and what was promised there. */
export interface HeldAgainst {
  readonly site: Site;
  readonly store: MemoryStore;
  readonly recipe: Recipe;
  readonly limits: Limits & OperationsLimits;
  /** By how much the clock of a part is ahead, ms. */
  readonly aheadMs: (part: string) => number;
  /** What is wrong with machines, as they really are. */
  readonly ailments: () => readonly Ailment[];
  readonly isIll: IsIll;
  readonly bootNumber: BootNumber;
}

/** Everything that is held against each step of a simulation; one file each. */
export function everyInvariant(held: HeldAgainst): readonly Invariant[] {
  return [...ofTheWorld(held), ...ofTheJournal(held)];
}

/** What holds whatever a journal knows: also when it is lost and another one takes its place. */
export function ofTheWorld(held: HeldAgainst): readonly Invariant[] {
  const { site, recipe, limits, aheadMs, ailments, isIll } = held;
  return [
    aReportHasOneFate(),
    nobodyIsDeclaredDead({ nodeOf: (node) => site.nodes.get(namesOf(node).node) }),
    noDestructiveEffectTwice(),
    onlyTheNodeThatWasMeant(),
    givenBackAsItWasSeen(),
    isolationHasOneOwner(),
    isolatedForWhatIsSo(isIll),
    aLostJournalHarmsNothing(),
    noPermitNoRiskyChange(limits, site.nodes),
    neverMoreThanTheLimits(limits, aheadMs),
    everyOutcomeHasACause(),
    nothingIsLeftBehind(site),
    whatIsBrokenIsDealtWith(ailments),
    workloadHasNotice(Math.max(recipe.evacuationDeadlineMs, recipe.minimumNoticeMs), (node) => {
      const { node: name } = namesOf(node);
      return { pods: site.podsOn(name), heard: site.machine(name).heard };
    }),
  ];
}

/** What one journal promises: another one in its place knows nothing of it, and begins anew. */
export function ofTheJournal({ store, recipe, bootNumber }: HeldAgainst): readonly Invariant[] {
  return [
    oldReportsOpenNothing(bootNumber),
    whatIsRevokedIsNotBegun(),
    oneProcessPerNode(),
    whoWaitsIsSeen(recipe.stageMaximumAgeMs),
    recoveryIsObserved(recipe.healthyObservations, recipe.verifyIntervalMs),
    whatIsToldAgainIsNotOver(),
    whatIsParkedRests(),
    whatIsPausedIsNotBegun(store),
    replayGivesTheState(store),
  ];
}
