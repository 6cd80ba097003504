import type { FaultType } from '../../domain/fault.js';

/** Which value of a node condition means which fault. Any value not listed as bad or good says nothing. */
export interface ConditionRule {
  readonly condition: string;
  readonly bad: readonly ('True' | 'False' | 'Unknown')[];
  /** Seen explicitly: this clears the fault. */
  readonly good: 'True' | 'False';
  readonly faultType: FaultType;
}

function badWhenTrue(condition: string, faultType: FaultType): ConditionRule {
  return { condition, bad: ['True'], good: 'False', faultType };
}

/** Kubernetes' own Ready and the conditions of node-problem-detector's stock monitors. */
export const defaultConditionRules: readonly ConditionRule[] = [
  { condition: 'Ready', bad: ['False', 'Unknown'], good: 'True', faultType: 'NodeNotReady' },
  badWhenTrue('KernelDeadlock', 'KernelDeadlock'),
  badWhenTrue('ReadonlyFilesystem', 'ReadonlyFilesystem'),
  badWhenTrue('ContainerRuntimeUnhealthy', 'RuntimeUnhealthy'),
  badWhenTrue('FrequentDockerRestart', 'RuntimeUnhealthy'),
  badWhenTrue('FrequentContainerdRestart', 'RuntimeUnhealthy'),
  badWhenTrue('CorruptDockerOverlay2', 'RuntimeUnhealthy'),
  badWhenTrue('KubeletUnhealthy', 'KubeletUnhealthy'),
  badWhenTrue('FrequentKubeletRestart', 'KubeletUnhealthy'),
  badWhenTrue('FrequentUnregisterNetDevice', 'NetworkFailure'),
  badWhenTrue('XfsShutdown', 'DiskFailure'),
  badWhenTrue('CperHardwareErrorFatal', 'Undetermined'),
];
