import { namesOf } from '../../domain/identifiers.js';
import { aReportHasOneFate } from '../invariants/a-report-has-one-fate.js';
import { everyOutcomeHasACause } from '../invariants/every-outcome-has-a-cause.js';
import type { Invariant } from '../invariants/invariant.js';
import { isolationHasOneOwner } from '../invariants/isolation-has-one-owner.js';
import { noDestructiveEffectTwice } from '../invariants/no-destructive-effect-twice.js';
import { noPermitNoRiskyChange } from '../invariants/no-permit-no-risky-change.js';
import { nothingIsLeftBehind } from '../invariants/nothing-is-left-behind.js';
import { oneProcessPerNode } from '../invariants/one-process-per-node.js';
import { onlyTheNodeThatWasMeant } from '../invariants/only-the-node-that-was-meant.js';
import { recoveryIsObserved } from '../invariants/recovery-is-observed.js';
import { replayGivesTheState } from '../invariants/replay-gives-the-state.js';
import { whoWaitsIsSeen } from '../invariants/who-waits-is-seen.js';
import { workloadHasNotice } from '../invariants/workload-has-notice.js';
import { nobodyIsDeclaredDead } from '../invariants/nobody-is-declared-dead.js';
import { oldReportsOpenNothing } from '../invariants/old-reports-open-nothing.js';
import { whatIsRevokedIsNotBegun } from '../invariants/what-is-revoked-is-not-begun.js';
import type { Built } from './build.js';

/** Everything that is held against each step of a schedule; one file each. */
export function invariantsOf({ installation, cast }: Built): readonly Invariant[] {
  const { site } = cast;
  const { policy, store } = installation;
  const recipe = policy.recipes.KernelDeadlock;
  return [
    aReportHasOneFate(),
    oldReportsOpenNothing(),
    nobodyIsDeclaredDead({
      powerOf: (node) => site.machine(namesOf(node).node).power,
      nodeOf: (node) => site.nodes.get(namesOf(node).node),
    }),
    noDestructiveEffectTwice(),
    whatIsRevokedIsNotBegun(),
    onlyTheNodeThatWasMeant(),
    isolationHasOneOwner(),
    oneProcessPerNode(),
    whoWaitsIsSeen(recipe.stageMaximumAgeMs),
    recoveryIsObserved(recipe.healthyObservations, recipe.verifyIntervalMs),
    replayGivesTheState(store),
    noPermitNoRiskyChange({ isolated: 2, poweringOff: 1, inventoryAgeMs: 20 * 60_000 }, site.nodes),
    everyOutcomeHasACause(),
    nothingIsLeftBehind(site),
    workloadHasNotice(Math.max(recipe.evacuationDeadlineMs, recipe.minimumNoticeMs), (node) => {
      const { node: name } = namesOf(node);
      return { pods: site.podsOn(name), heard: site.machine(name).heard };
    }),
  ];
}
