import type { NodeInfo, NodeRegistration, ReportedCondition } from '../kubernetes/kubelet.js';
import { problemConditions, type ProblemCondition } from './fault.js';
import type { Machine } from './machine.js';

/** Who states the conditions that node-problem-detector knows: this model, or a real one that runs beside it. */
export type ProblemDetector = 'simulated' | 'external';

/** Conditions that node-problem-detector finds in the kernel's log. */
const fromKernelLog: ReadonlySet<string> = new Set<ProblemCondition>([
  'KernelDeadlock',
  'ReadonlyFilesystem',
]);

const machinesPerRack = 32;
const racksPerZone = 8;
/** Each feeds every fourth rack, so that none is alone with a zone. */
const powerDomains = 4;
/** What machines stand or fall with. */
export const placeLabels = {
  rack: 'topology.kubernetes.io/rack',
  switch: 'topology.kubernetes.io/switch',
  power: 'topology.kubernetes.io/power-domain',
} as const;
const zones = ['a', 'b', 'c', 'd'] as const;
const kubernetesVersion = 'v1.35.0';

export const ready: ReportedCondition = {
  type: 'Ready',
  status: 'True',
  reason: 'KubeletReady',
  message: 'kubelet is posting ready status',
};

/**
 * What a kubelet says beside Ready. It has to be said: a node controller that misses one of these on a silent node adds
 * it as Unknown, and only the kubelet's own word takes that back.
 */
const unpressed: readonly ReportedCondition[] = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
].map(([type = '', reason = '', message = '']) => ({ type, status: 'False', reason, message }));

/** `node-0042`. */
export function nodeNameOf(index: number): string {
  return `node-${String(index).padStart(4, '0')}`;
}

/** Where a machine stands and what it is for; one in eight belongs to the pool `storage`. */
export function placementLabels(index: number): Readonly<Record<string, string>> {
  const rack = Math.floor(index / machinesPerRack);
  const zone = zones[Math.floor(rack / racksPerZone) % zones.length] ?? 'a';
  return {
    'topology.kubernetes.io/region': 'world',
    'topology.kubernetes.io/zone': `zone-${zone}`,
    [placeLabels.rack]: `rack-${String(rack).padStart(2, '0')}`,
    [placeLabels.switch]: `switch-${String(switchOf(rack, index)).padStart(2, '0')}`,
    [placeLabels.power]: `power-${rack % powerDomains}`,
    'node.kubernetes.io/instance-type': index % 8 === 7 ? 'storage' : 'compute',
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
  };
}

/** Two racks share two switches: machines with odd numbers hang on the second one. */
function switchOf(rack: number, index: number): number {
  return rack - (rack % 2) + (index % 2);
}

export function nodeInfoOf(machine: Machine): NodeInfo {
  return {
    bootID: machine.bootId,
    systemUUID: machine.systemUuid,
    machineID: machine.systemUuid.replaceAll('-', ''),
    osImage: machine.image,
    kernelVersion: '6.12.9',
    kubeletVersion: kubernetesVersion,
  };
}

/** Every problem condition, False when it is well: an absent one would say nothing. The newest fault gives the words. */
export function problemsOf(machine: Machine, detector: ProblemDetector): readonly ReportedCondition[] {
  return Object.entries(problemConditions)
    .filter(([type]) => detector === 'simulated' || !fromKernelLog.has(type))
    .map(([type, healthy]) => {
      const shown = machine.faults.findLast((fault) => fault.condition?.type === type)?.condition;
      return shown === undefined ? { type, status: 'False', ...healthy } : { ...shown, status: 'True' };
    });
}

export function registrationOf(
  machine: Machine,
  options: {
    readonly index: number;
    readonly detector: ProblemDetector;
    readonly annotations: Readonly<Record<string, string>>;
  },
): NodeRegistration {
  return {
    name: machine.name,
    labels: placementLabels(options.index),
    annotations: options.annotations,
    providerID: `world://machine/${machine.systemUuid}`,
    nodeInfo: nodeInfoOf(machine),
    conditions: [ready, ...unpressed, ...problemsOf(machine, options.detector)],
  };
}
