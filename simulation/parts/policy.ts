import { faultTypes, type FaultType } from '../../domain/fault.js';
import type { Recipe } from '../../domain/node-state.js';
import { defaultExecutorSettings } from '../../services/executor/settings.js';
import { budgetsPerCluster, type GuardPolicy, type OperationLimits } from '../../services/guard/policy.js';
import type { Policy, Rung } from '../../workflows/policy.js';
import type { InstallationSettings } from './ports.js';

const dayMs = 86_400_000;

const recipe: Recipe = {
  cordon: true,
  component: 'kubelet',
  image: '',
  evacuationDeadlineMs: 600_000,
  minimumNoticeMs: 60_000,
  whenOverdue: 'person',
  workloadCheckMs: 120_000,
  bootDeadlineMs: 900_000,
  repairDeadlineMs: 86_400_000,
  repairCheckMs: 3_600_000,
  verifyIntervalMs: 60_000,
  verifyDeadlineMs: 400_000,
  healthyObservations: 2,
  stageMaximumAgeMs: 43_200_000,
  repairBy: 'power-off-and-ticket',
};

const rung = (workflow: Rung['workflow'], attempts: number): Rung => ({ workflow, attempts, perMs: dayMs });

function ladderOf(type: FaultType): readonly Rung[] {
  if (type === 'KubeletUnhealthy')
    return [rung('component-restart', 1), rung('reboot', 1), rung('reinstall', 1)];
  if (type === 'KernelDeadlock' || type === 'NodeNotReady')
    return [rung('reboot', 2), rung('reinstall', 1), rung('hardware-repair', 1)];
  // Shown by no condition: only the agent tells whether a weaker cure has helped.
  if (type === 'ReadonlyFilesystem')
    return [rung('reboot', 1), rung('reinstall', 1), rung('hardware-repair', 1)];
  return [rung('hardware-repair', 2)];
}

function byType<Value>(value: (type: FaultType) => Value): Record<FaultType, Value> {
  return Object.fromEntries(faultTypes.map((type) => [type, value(type)])) as Record<FaultType, Value>;
}

/** A small policy for schedules: every workflow occurs, and every choice at the deadline. */
export function policyOf(choices: Pick<Recipe, 'whenOverdue' | 'repairBy' | 'cordon'>): Policy {
  return {
    version: 'simulation',
    ladders: byType(ladderOf),
    recipes: byType(() => ({ ...recipe, ...choices })),
    mode: { byDefault: 'active', byCluster: {}, byPool: {}, byFaultType: {} },
    settleTimeMs: { byDefault: 300_000, bySource: {} },
  };
}

/** Of four nodes, two may be out at once and one may be switched off at a time. Of rates that of restarts is so low that four nodes can reach it. */
const guardPolicy: GuardPolicy = {
  inventoryMaximumAgeMs: 15 * 60_000,
  askAgainMs: 5 * 60_000,
  budgets: budgetsPerCluster({
    isolate: limitOf(0.5, 60),
    migrate: limitOf(0.1, 60),
    'delete-pods': limitOf(0.05, 20),
    'restart-component': limitOf(0.05, 2, 15),
    power: limitOf(0.25, 20),
    reimage: limitOf(0.05, 20),
    'delete-node': limitOf(0, 1),
    release: limitOf(0, 1),
  }),
  business: {
    verdictMaximumAgeMs: 40 * 60_000,
    metrics: [
      {
        ...{ name: 'starts', query: 'starts', better: 'higher', limit: 0.9, noData: 'stop', where: {} },
        ...{ askAfterMs: 20 * 60_000, goodForMs: 30 * 60_000 },
      },
    ],
  },
};

function limitOf(share: number, rate: number, perMinutes = 1): OperationLimits {
  return { share, rate, rateWindowMs: perMinutes * 60_000 };
}

/** How the parts of a schedule are configured. */
export const settings: InstallationSettings = {
  guard: guardPolicy,
  // Three of four nodes: seldom, and over when it has been quiet, since nobody is there to be asked.
  breakers: [
    {
      ...{ name: 'many', scope: { kind: 'cluster' }, where: {}, nodes: 3, share: 0.5 },
      ...{ withinMs: 30 * 60_000, endsAfterMs: 2 * 3_600_000 },
    },
  ],
  guardLookMs: 10 * 60_000,
  guardLabels: [],
  executor: defaultExecutorSettings,
  inventoryRefreshMs: 5 * 60_000,
  lease: { staleMs: 20_000, checkMs: 10 * 60_000 },
  upkeepEveryMs: 3_600_000,
  prunes: false,
  takeOverMs: 10 * 60_000,
  batchRecords: 20,
  zoneLabel: 'zone',
};
