/** What can be done to a machine that may make it well. */
export type Remedy =
  | 'restart-kubelet'
  | 'restart-container-runtime'
  | 'reboot'
  | 'reimage'
  /** A person with a screwdriver (or who calls the power company). */
  | 'technician';

/** The least that fixes a fault. */
export type Need = 'restart-kubelet' | 'restart-container-runtime' | 'reboot' | 'reimage' | 'technician';

/**
 * What each remedy fixes. A reboot starts every component anew; an installation brings its own boot; a technician
 * doesn't leave before the machine works. Nothing but a technician mends hardware.
 */
const fixes: Readonly<Record<Remedy, ReadonlySet<Need>>> = {
  'restart-kubelet': new Set<Need>(['restart-kubelet']),
  'restart-container-runtime': new Set<Need>(['restart-container-runtime']),
  reboot: new Set<Need>(['restart-kubelet', 'restart-container-runtime', 'reboot']),
  reimage: new Set<Need>(['restart-kubelet', 'restart-container-runtime', 'reboot', 'reimage']),
  technician: new Set<Need>([
    'restart-kubelet',
    'restart-container-runtime',
    'reboot',
    'reimage',
    'technician',
  ]),
};

export function fixesFault(remedy: Remedy, fault: MachineFault): boolean {
  return fixes[remedy].has(fault.needs);
}

/** Conditions beside Ready that a healthy node states as False, with what they say then and who says it. */
export const problemConditions = {
  KernelDeadlock: { reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' },
  ReadonlyFilesystem: { reason: 'FilesystemIsNotReadOnly', message: 'Filesystem is not read-only' },
  ContainerRuntimeUnhealthy: {
    reason: 'ContainerRuntimeIsHealthy',
    message: 'Container runtime on the node is functioning properly',
  },
  KubeletUnhealthy: {
    reason: 'KubeletIsHealthy',
    message: 'kubelet on the node is functioning properly',
  },
} as const;

export type ProblemCondition = keyof typeof problemConditions;

/** Something wrong with a machine, from the moment it shows until something fixes it. */
export interface MachineFault {
  /** Unique on its machine. */
  readonly id: string;
  /** As it is reported, for instance `DiskFailure`. */
  readonly type: string;
  readonly needs: Need;
  /** How long a technician works on it, ms. */
  readonly repairMs: number;
  /** What it does to the machine besides being reported. */
  readonly effect: 'none' | 'halts' | 'stops-kubelet';
  /** Node condition that is True while it is there. */
  readonly condition?: {
    readonly type: ProblemCondition;
    readonly reason: string;
    readonly message: string;
  };
  /** Lines in the kernel's log when it shows. */
  readonly kernelLog?: readonly string[];
}
