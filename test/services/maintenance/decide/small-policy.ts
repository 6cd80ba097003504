import { faultTypes, type FaultType } from '../../../../domain/fault.js';
import type { Recipe } from '../../../../domain/node-state.js';
import type { Policy, Rung } from '../../../../workflows/policy.js';
import { recipe } from '../../../workflows/workflow-spec.js';

const dayMs = 86_400_000;

function ladderOf(type: FaultType): readonly Rung[] {
  const rung = (workflow: Rung['workflow'], attempts: number): Rung => ({ workflow, attempts, perMs: dayMs });
  if (type === 'KubeletUnhealthy')
    return [rung('component-restart', 1), rung('reboot', 1), rung('reinstall', 1)];
  if (type === 'KernelDeadlock') return [rung('reboot', 2), rung('reinstall', 1), rung('hardware-repair', 1)];
  return [rung('hardware-repair', 2)];
}

function byType<Value>(value: (type: FaultType) => Value): Record<FaultType, Value> {
  return Object.fromEntries(faultTypes.map((type) => [type, value(type)])) as Record<FaultType, Value>;
}

/** A small policy for schedules: every workflow occurs, and every choice at the deadline. */
export function policyOf(whenOverdue: Recipe['whenOverdue']): Policy {
  return {
    version: 'simulation',
    ladders: byType(ladderOf),
    recipes: byType(() => ({ ...recipe, whenOverdue })),
    mode: { byDefault: 'active', byCluster: {}, byPool: {}, byFaultType: {} },
    settleTimeMs: { byDefault: 300_000, bySource: {} },
  };
}
