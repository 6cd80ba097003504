import { faultTypes, type FaultType } from '../../domain/fault.js';
import type { Recipe } from '../../domain/node-state.js';
import type { Policy, Rung } from '../../workflows/policy.js';
import type { Compilation } from './compilation.js';
import type { KeyPath } from './problems.js';
import type { RecipeSection } from './sections/policy.js';
import type { ConfigurationFile } from './sections/whole-file.js';

type DurationName = Exclude<
  keyof RecipeSection,
  'cordon' | 'component' | 'image' | 'whenOverdue' | 'healthyObservations' | 'repairBy'
>;

/** Where a member of a recipe was written: for the fault type, or for all. */
function writtenAt(file: ConfigurationFile, type: FaultType, name: keyof RecipeSection): KeyPath {
  return file.faults[type].recipe[name] === undefined ? ['recipe', name] : ['faults', type, 'recipe', name];
}

function compileRecipe(context: Compilation, file: ConfigurationFile, type: FaultType): Recipe {
  const recipe: RecipeSection = { ...file.recipe, ...file.faults[type].recipe };
  const ms = (name: DurationName) => context.duration(writtenAt(file, type, name), recipe[name]);
  const { cordon, component, image, whenOverdue, healthyObservations, repairBy } = recipe;
  const compiled: Recipe = {
    cordon,
    component,
    image,
    whenOverdue,
    healthyObservations,
    repairBy,
    evacuationDeadlineMs: ms('evacuationDeadline'),
    minimumNoticeMs: ms('minimumNotice'),
    workloadCheckMs: ms('workloadCheck'),
    bootDeadlineMs: ms('bootDeadline'),
    repairDeadlineMs: ms('repairDeadline'),
    repairCheckMs: ms('repairCheck'),
    verifyIntervalMs: ms('verifyInterval'),
    verifyDeadlineMs: ms('verifyDeadline'),
    stageMaximumAgeMs: ms('stageMaximumAge'),
  };
  checkRecipe(context, file, type, compiled);
  return compiled;
}

function checkRecipe(context: Compilation, file: ConfigurationFile, type: FaultType, recipe: Recipe): void {
  if (recipe.minimumNoticeMs > recipe.evacuationDeadlineMs) {
    context.problem(
      writtenAt(file, type, 'minimumNotice'),
      'is longer than evacuationDeadline: nothing could be deleted when the deadline is over',
    );
  }
  if (recipe.verifyIntervalMs * (recipe.healthyObservations - 1) >= recipe.verifyDeadlineMs) {
    context.problem(
      writtenAt(file, type, 'verifyDeadline'),
      'leaves no time for healthyObservations looks, one every verifyInterval: no node could prove to be well',
    );
  }
}

function perFaultType<Value>(make: (type: FaultType) => Value): Readonly<Record<FaultType, Value>> {
  return Object.fromEntries(faultTypes.map((type) => [type, make(type)])) as Record<FaultType, Value>;
}

function compileLadder(context: Compilation, file: ConfigurationFile, type: FaultType): readonly Rung[] {
  return file.faults[type].ladder.map(({ workflow, attempts, per }, index) => ({
    workflow,
    attempts,
    perMs: context.duration(['faults', type, 'ladder', index, 'per'], per),
  }));
}

export function compileMode(file: ConfigurationFile): Policy['mode'] {
  const byCluster = file.clusters.flatMap(({ name, mode }) =>
    mode === undefined ? [] : [[name, mode] as const],
  );
  return {
    byDefault: file.mode.default,
    byCluster: Object.fromEntries(byCluster),
    byPool: file.mode.pools,
    byFaultType: file.mode.faultTypes,
  };
}

/** The policy; `version` is recorded with each process that it starts. */
export function compilePolicy(context: Compilation, file: ConfigurationFile, version: string): Policy {
  const { default: byDefault, sources } = file.sourcesSettleTime;
  const bySource = Object.entries(sources).map(
    ([source, text]) => [source, context.duration(['sourcesSettleTime', 'sources', source], text)] as const,
  );
  return {
    version,
    ladders: perFaultType((type) => compileLadder(context, file, type)),
    recipes: perFaultType((type) => compileRecipe(context, file, type)),
    mode: compileMode(file),
    settleTimeMs: {
      byDefault: context.duration(['sourcesSettleTime', 'default'], byDefault),
      bySource: Object.fromEntries(bySource),
    },
  };
}
