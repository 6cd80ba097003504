import type { FaultKindName } from './fault-kind.js';

/**
 * Every category and cause of the records of systems 18 and 20, and the way in which such a machine fails here. The
 * record says only what people found out later; what the machine showed at first is our choice.
 */
export const symptoms: Readonly<Record<string, Readonly<Record<string, FaultKindName>>>> = {
  Facilities: {
    Chillers: 'overheating',
    Environment: 'overheating',
    'Power Outage': 'powerLoss',
    'Power Spike': 'powerSpike',
  },
  Hardware: {
    '1 GBit Ethernet Card': 'networkPort',
    '100 MBit Ethernet Card': 'networkPort',
    'Bach Plane Assembly': 'board',
    'CD ROM': 'unexplainedHardware',
    CPU: 'cpu',
    'Console Interface Module': 'unexplainedHardware',
    'Disk Cabinet': 'storagePath',
    'Disk Drive': 'disk',
    'Drive Cage': 'storagePath',
    'Ethernet Cable': 'networkPort',
    'Ethernet Fiber Cable': 'networkPort',
    'Ethernet Switch': 'networkPath',
    Fan: 'overheating',
    'Fan Assembly': 'overheating',
    'Fibre Cable': 'storagePath',
    'Fibre Channel Port Adapter': 'storagePath',
    'Fibre HBA': 'storagePath',
    'GE Board': 'networkPort',
    'Interconnect Cable': 'networkPort',
    'Interconnect Interface': 'networkPort',
    'Interconnect Switch': 'networkPath',
    MMB: 'board',
    Maintenance: 'unexplainedHardware',
    'Memory Dimm': 'memory',
    'Memory Dimm/CPU': 'memory',
    'Memory Module': 'memory',
    OCP: 'board',
    Other: 'unexplainedHardware',
    'PCI Back Plane': 'board',
    'PCI Backplane': 'board',
    'PCI Ethernet Board': 'networkPort',
    'PCI Fibre Channel Adapter': 'storagePath',
    'PCI Fibre Channel Adaptor': 'storagePath',
    'PCI GBIT Ethernet Board': 'networkPort',
    'PCI IO Module': 'board',
    'PCI SCSI Controller': 'storagePath',
    'Power Supply': 'powerLoss',
    'SAN Appliance': 'storagePath',
    'SAN Controller': 'storagePath',
    'SAN Disk Drive': 'disk',
    'SAN GBIC': 'storagePath',
    'SAN Shelf': 'storagePath',
    'SAN Switch': 'storagePath',
    'SAN controller': 'storagePath',
    'SCSI Adapter Card': 'storagePath',
    'SCSI Card': 'storagePath',
    'SCSI Controller': 'storagePath',
    'Site Ethernet Switch': 'networkPath',
    'System Board': 'board',
    'Term Server': 'unexplainedHardware',
  },
  'Human Error': { 'Human Error': 'kubeletStopped' },
  Network: { Network: 'networkPath' },
  Software: {
    'Cluster File System': 'fileSystem',
    'Cluster Software': 'kubelet',
    'DST-Scan for errors /scratch': 'fileSystem',
    'DST-Upgrd/Instl OS Sftw': 'installation',
    'Disk IO, firmware and storage': 'damagedFileSystem',
    'Kernel software': 'kernel',
    NFS: 'fileSystem',
    Network: 'networkSoftware',
    OS: 'kernel',
    'Other Software': 'runtime',
    'Parallel File System': 'fileSystem',
    'Patch Install': 'installation',
    'Resource Mgmt System': 'kubelet',
    'Scheduler Software': 'kubelet',
    'Scratch FS': 'damagedFileSystem',
    'Upgrade/Install 3rd Party Sftw': 'runtime',
    'Upgrade/Install OS sftw': 'installation',
    'User code': 'runtime',
  },
  Undetermined: { Undetermined: 'unexplained', Unresolvable: 'unexplainedHardware' },
};

/** Own properties only: a row may name its cause `constructor`. */
export function isKnownCategory(category: string): boolean {
  return Object.hasOwn(symptoms, category);
}

/** How a machine fails with this cause, or undefined if the table doesn't have it. */
export function kindOf(category: string, cause: string): FaultKindName | undefined {
  const causes = isKnownCategory(category) ? symptoms[category] : undefined;
  return causes !== undefined && Object.hasOwn(causes, cause) ? causes[cause] : undefined;
}
