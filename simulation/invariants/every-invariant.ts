import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import { namesOf } from '../../domain/identifiers.js';
import type { Recipe } from '../../domain/node-state.js';
import type { Site } from '../world/site.js';
import { aReportHasOneFate } from './a-report-has-one-fate.js';
import { everyOutcomeHasACause } from './every-outcome-has-a-cause.js';
import type { Invariant } from './invariant.js';
import { isolationHasOneOwner } from './isolation-has-one-owner.js';
import { noDestructiveEffectTwice } from './no-destructive-effect-twice.js';
import { noPermitNoRiskyChange, type Limits } from './no-permit-no-risky-change.js';
import { nobodyIsDeclaredDead } from './nobody-is-declared-dead.js';
import { nothingIsLeftBehind } from './nothing-is-left-behind.js';
import { oldReportsOpenNothing, type BootNumber } from './old-reports-open-nothing.js';
import { oneProcessPerNode } from './one-process-per-node.js';
import { onlyTheNodeThatWasMeant } from './only-the-node-that-was-meant.js';
import { recoveryIsObserved } from './recovery-is-observed.js';
import { replayGivesTheState } from './replay-gives-the-state.js';
import { isolatedForWhatIsSo } from './isolated-for-what-is-so.js';
import { whatIsParkedRests } from './what-is-parked-rests.js';
import { whatIsToldAgainIsNotOver } from './what-is-told-again-is-not-over.js';
import { whatIsRevokedIsNotBegun } from './what-is-revoked-is-not-begun.js';
import { whoWaitsIsSeen } from './who-waits-is-seen.js';
import { workloadHasNotice } from './workload-has-notice.js';

/** What invariants are held against, and what was promised there. */
export interface HeldAgainst {
  readonly site: Site;
  readonly store: MemoryStore;
  readonly recipe: Recipe;
  readonly limits: Limits;
  readonly bootNumber: BootNumber;
}

/** Everything that is held against each step of a simulation; one file each. */
export function everyInvariant({
  site,
  store,
  recipe,
  limits,
  bootNumber,
}: HeldAgainst): readonly Invariant[] {
  return [
    aReportHasOneFate(),
    oldReportsOpenNothing(bootNumber),
    nobodyIsDeclaredDead({
      nodeOf: (node) => site.nodes.get(namesOf(node).node),
    }),
    noDestructiveEffectTwice(),
    whatIsRevokedIsNotBegun(),
    onlyTheNodeThatWasMeant(),
    isolationHasOneOwner(),
    isolatedForWhatIsSo(),
    oneProcessPerNode(),
    whoWaitsIsSeen(recipe.stageMaximumAgeMs),
    recoveryIsObserved(recipe.healthyObservations, recipe.verifyIntervalMs),
    whatIsToldAgainIsNotOver(),
    whatIsParkedRests(),
    replayGivesTheState(store),
    noPermitNoRiskyChange(limits, site.nodes),
    everyOutcomeHasACause(),
    nothingIsLeftBehind(site),
    workloadHasNotice(Math.max(recipe.evacuationDeadlineMs, recipe.minimumNoticeMs), (node) => {
      const { node: name } = namesOf(node);
      return { pods: site.podsOn(name), heard: site.machine(name).heard };
    }),
  ];
}
