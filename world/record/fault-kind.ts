import type { MachineFault, ProblemCondition } from '../machines/fault.js';

/** How the world outside the machine hears of a fault. */
export type Announcement =
  /** The agent on the node reads it in the kernel's log and reports it. */
  | { readonly by: 'kernel-log'; readonly lines: readonly string[] }
  /** The agent on the node finds it with a check of its own. */
  | { readonly by: 'agent'; readonly message: string }
  /** Monitoring raises an alert (Alertmanager's webhook). */
  | { readonly by: 'alert'; readonly alertName: string; readonly summary: string }
  /** A condition of the Node object turns True; `lines` are what the kernel says when it does. */
  | {
      readonly by: 'condition';
      readonly condition: ProblemCondition;
      readonly reason: string;
      readonly message: string;
      readonly lines: readonly string[];
    }
  /** Nobody says anything: the node goes silent. */
  | { readonly by: 'silence' };

/** One way in which a machine fails. */
export interface FaultKind {
  /** The fault type it is reported as. */
  readonly type: string;
  readonly needs: MachineFault['needs'];
  readonly effect: MachineFault['effect'];
  readonly announcement: Announcement;
}

/** All ways in which the rows of the record fail. Kernel lines are worded as Linux words them. */
export const faultKinds = {
  cpu: {
    type: 'CpuFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'kernel-log',
      lines: [
        'mce: [Hardware Error]: CPU 2: Machine Check: 0 Bank 4: be00000000800400',
        'mce: [Hardware Error]: PROCESSOR 0:206d7 TIME 1020674700 SOCKET 1 APIC 20 microcode 710',
      ],
    },
  },
  overheating: {
    type: 'CpuFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'alert',
      alertName: 'NodeCpuOverTemperature',
      summary: 'the processors are throttled above their critical temperature',
    },
  },
  memory: {
    type: 'MemoryFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'kernel-log',
      lines: [
        'EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x52f1a offset:0x440)',
      ],
    },
  },
  disk: {
    type: 'DiskFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'kernel-log',
      lines: [
        'sd 0:0:0:0: [sda] tag#7 Sense Key : Medium Error [current]',
        'blk_update_request: critical medium error, dev sda, sector 209713152',
      ],
    },
  },
  storagePath: {
    type: 'DiskFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'alert',
      alertName: 'NodeStoragePathDown',
      summary: 'no working path to the attached storage',
    },
  },
  powerLoss: {
    type: 'PowerFailure',
    needs: 'technician',
    effect: 'halts',
    announcement: { by: 'alert', alertName: 'NodePowerLost', summary: 'input power lost' },
  },
  powerSpike: {
    type: 'PowerFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'alert',
      alertName: 'NodePowerSupplyDegraded',
      summary: 'a power supply left its voltage range',
    },
  },
  board: { type: 'NodeNotReady', needs: 'technician', effect: 'halts', announcement: { by: 'silence' } },
  networkPort: {
    type: 'NetworkFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'kernel-log',
      lines: [
        'e1000e 0000:00:19.0 eth0: Detected Hardware Unit Hang',
        'e1000e 0000:00:19.0 eth0: NIC Link is Down',
      ],
    },
  },
  networkPath: {
    type: 'NetworkFailure',
    needs: 'technician',
    effect: 'none',
    announcement: {
      by: 'alert',
      alertName: 'NodeNetworkPathDegraded',
      summary: 'packets to this node are lost on the way',
    },
  },
  networkSoftware: {
    type: 'NetworkFailure',
    needs: 'reboot',
    effect: 'none',
    announcement: { by: 'agent', message: 'the node does not reach its peers although the link is up' },
  },
  kernel: {
    type: 'KernelDeadlock',
    needs: 'reboot',
    effect: 'none',
    announcement: {
      by: 'condition',
      condition: 'KernelDeadlock',
      reason: 'DockerHung',
      message: 'task docker:20744 blocked for more than 120 seconds.',
      lines: ['INFO: task docker:20744 blocked for more than 120 seconds.'],
    },
  },
  installation: {
    type: 'KernelDeadlock',
    needs: 'reimage',
    effect: 'none',
    announcement: {
      by: 'condition',
      condition: 'KernelDeadlock',
      reason: 'DockerHung',
      message: 'task docker:1312 blocked for more than 120 seconds.',
      lines: ['INFO: task docker:1312 blocked for more than 120 seconds.'],
    },
  },
  fileSystem: {
    type: 'ReadonlyFilesystem',
    needs: 'reboot',
    effect: 'none',
    announcement: {
      by: 'condition',
      condition: 'ReadonlyFilesystem',
      reason: 'FilesystemIsReadOnly',
      message: 'EXT4-fs (sda1): Remounting filesystem read-only',
      lines: ['EXT4-fs (sda1): Remounting filesystem read-only'],
    },
  },
  damagedFileSystem: {
    type: 'ReadonlyFilesystem',
    needs: 'reimage',
    effect: 'none',
    announcement: {
      by: 'condition',
      condition: 'ReadonlyFilesystem',
      reason: 'FilesystemIsReadOnly',
      message: 'EXT4-fs (sda2): Remounting filesystem read-only',
      lines: [
        'EXT4-fs error (device sda2): ext4_lookup:1590: inode #2: comm ls: deleted inode referenced: 12',
      ],
    },
  },
  runtime: {
    type: 'RuntimeUnhealthy',
    needs: 'restart-container-runtime',
    effect: 'none',
    announcement: {
      by: 'condition',
      condition: 'ContainerRuntimeUnhealthy',
      reason: 'ContainerdUnhealthy',
      message: 'containerd does not answer',
      lines: [],
    },
  },
  kubelet: {
    type: 'KubeletUnhealthy',
    needs: 'restart-kubelet',
    effect: 'none',
    announcement: {
      by: 'condition',
      condition: 'KubeletUnhealthy',
      reason: 'KubeletUnhealthy',
      message: 'kubelet fails its health check',
      lines: [],
    },
  },
  kubeletStopped: {
    type: 'KubeletUnhealthy',
    needs: 'restart-kubelet',
    effect: 'stops-kubelet',
    announcement: {
      by: 'condition',
      condition: 'KubeletUnhealthy',
      reason: 'KubeletUnhealthy',
      message: 'kubelet is not running',
      lines: [],
    },
  },
  unexplained: {
    type: 'Undetermined',
    needs: 'reboot',
    effect: 'none',
    announcement: { by: 'agent', message: 'jobs on this node fail and no check says why' },
  },
  unexplainedHardware: {
    type: 'Undetermined',
    needs: 'technician',
    effect: 'none',
    announcement: { by: 'agent', message: 'a hardware check of this node fails without naming the part' },
  },
} as const satisfies Record<string, FaultKind>;

export type FaultKindName = keyof typeof faultKinds;
