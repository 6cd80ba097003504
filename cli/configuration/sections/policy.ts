import { Type } from '@sinclair/typebox';

import { classOfFaultType, faultTypes, type FaultClass, type FaultType } from '../../../domain/fault.js';
import { repairWorkflowNames } from '../../../domain/node-state.js';
import { severities, type Severity } from '../../../services/guard/severity.js';
import {
  count,
  duration,
  flag,
  forEachWord,
  modes,
  oneOf,
  perWord,
  section,
  sectionWithDefaults,
} from './values.js';

export const modeSection = sectionWithDefaults(
  {
    default: oneOf(modes, {
      default: 'observe',
      description:
        'observe: decide and record everything, write nothing. active: act. Holds where neither cluster, pool nor fault type says anything.',
    }),
    pools: Type.Record(Type.String(), oneOf(modes), {
      default: {},
      description:
        'Per pool: observe wins over everything; active wins over mode.default, and over nothing else.',
    }),
    faultTypes: perWord(
      faultTypes,
      oneOf(modes),
      'Per fault type: observe wins over everything; active wins over mode.default, and over nothing else.',
    ),
  },
  'Where Faultline acts, and where it only watches.',
);

/** One member per field of the domain's Recipe; durations have no unit in their name because their value says it. */
const recipeMembers = {
  cordon: flag(
    true,
    'Also cordon the node, so that `kubectl get nodes` shows it; the taint alone is enough.',
  ),
  component: oneOf(['kubelet', 'container-runtime'] as const, {
    default: 'kubelet',
    description: 'What component-restart restarts.',
  }),
  image: Type.String({
    default: '',
    description: 'What reinstall installs; empty: the provisioner decides.',
  }),
  evacuationDeadline: duration({ default: '30m', description: 'How long the workload may take to leave.' }),
  minimumNotice: duration({
    default: '2m',
    description: 'Nothing is deleted before this long after notice.',
  }),
  whenOverdue: oneOf(['delete', 'person'] as const, {
    default: 'person',
    description: 'Workload left at the deadline: delete it, or ask a person.',
  }),
  workloadCheck: duration({ default: '10s', description: 'How often it is looked whether pods are gone.' }),
  bootDeadline: duration({ default: '20m', description: 'How long a boot or an installation may take.' }),
  repairDeadline: duration({ default: '14d', description: 'How long a repair by people may take.' }),
  repairCheck: duration({ default: '5m', description: 'How often the ticket is looked at.' }),
  verifyInterval: duration({ default: '15s', description: 'Time between two looks at a repaired node.' }),
  verifyDeadline: duration({ default: '20m', description: 'By then it must have proved to be well.' }),
  healthyObservations: count({
    default: 3,
    minimum: 1,
    maximum: 100,
    description: 'So many healthy looks in a row prove it.',
  }),
  stageMaximumAge: duration({ default: '1h', description: 'A stage that is older is reported as overdue.' }),
  repairBy: oneOf(['ticket', 'power-off-and-ticket'] as const, {
    default: 'ticket',
    description: 'Whether the machine is switched off for its repair (needs a BMC).',
  }),
} as const;

export const recipeSection = sectionWithDefaults(
  recipeMembers,
  'How a maintenance process goes about it, unless a fault type says otherwise.',
);

function withoutDefault(member: object): object {
  return Object.fromEntries(Object.entries(member).filter(([key]) => key !== 'default'));
}

const recipeOverrides = Type.Unsafe<Partial<RecipeSection>>({
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'What differs from the recipe above.',
  properties: Object.fromEntries(
    Object.entries(recipeMembers).map(([name, member]) => [name, withoutDefault(member)]),
  ),
});

export type RecipeSection = (typeof recipeSection)['static'];

const rung = section({
  workflow: oneOf(repairWorkflowNames, { description: 'What is tried.' }),
  attempts: Type.Integer({ minimum: 1, maximum: 100, description: 'At most so many times on one node…' }),
  per: duration({ description: '…within this long.' }),
});

interface RungSection {
  readonly workflow: (typeof repairWorkflowNames)[number];
  readonly attempts: number;
  readonly per: string;
}

const componentLadder: readonly RungSection[] = [
  { workflow: 'component-restart', attempts: 2, per: '6h' },
  { workflow: 'reboot', attempts: 1, per: '24h' },
  { workflow: 'reinstall', attempts: 1, per: '7d' },
  { workflow: 'hardware-repair', attempts: 1, per: '30d' },
];
const systemLadder: readonly RungSection[] = [
  { workflow: 'reboot', attempts: 2, per: '24h' },
  { workflow: 'reinstall', attempts: 1, per: '7d' },
  { workflow: 'hardware-repair', attempts: 1, per: '30d' },
];
const hardwareLadder: readonly RungSection[] = [{ workflow: 'hardware-repair', attempts: 2, per: '7d' }];
const undeterminedLadder: readonly RungSection[] = [
  { workflow: 'reboot', attempts: 1, per: '24h' },
  { workflow: 'hardware-repair', attempts: 1, per: '7d' },
];

const ladderByDefault: Readonly<Record<FaultType, readonly RungSection[]>> = {
  CpuFailure: hardwareLadder,
  MemoryFailure: hardwareLadder,
  DiskFailure: hardwareLadder,
  PowerFailure: hardwareLadder,
  NetworkFailure: undeterminedLadder,
  KernelDeadlock: systemLadder,
  ReadonlyFilesystem: systemLadder,
  NodeNotReady: systemLadder,
  Undetermined: undeterminedLadder,
  RuntimeUnhealthy: componentLadder,
  KubeletUnhealthy: componentLadder,
};

const severityByDefault: Readonly<Record<FaultClass, Severity>> = {
  hardware: 'high',
  system: 'normal',
  component: 'normal',
};

function faultSection(type: FaultType) {
  const recipe = type === 'RuntimeUnhealthy' ? { component: 'container-runtime' } : {};
  return sectionWithDefaults({
    ladder: Type.Array(rung, {
      default: [...ladderByDefault[type]],
      description: 'Workflows to try, in this order. Empty: isolate, then ask a person.',
    }),
    severity: oneOf(severities, {
      default: severityByDefault[classOfFaultType[type]],
      description: 'Who waits for leave goes before others that are less severe: by four hours, or by one.',
    }),
    recipe: { ...recipeOverrides, default: recipe },
  });
}

export const faultsSection = forEachWord(
  faultTypes,
  faultSection,
  'What is done about a fault, by its type.',
);

export const settleSection = sectionWithDefaults(
  {
    default: duration({ default: '10m', description: 'For every source that is not named below.' }),
    sources: Type.Record(Type.String(), duration({ description: 'For this source.' }), {
      default: {},
      description: 'By name of the source of reports.',
    }),
  },
  'After a recovery, reports of sources that give no boot id open nothing for this long.',
);
