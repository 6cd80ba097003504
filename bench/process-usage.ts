import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process holds just now, as Linux tells it. */
export interface ProcessUsage {
  readonly residentBytes: number;
  /** The most it ever held. */
  readonly peakResidentBytes: number;
  readonly sockets: number;
  /** Processor time of all its threads since it began, seconds. */
  readonly processorSeconds: number;
}

const ticksPerSecond = 100;

/** @throws when there is no such process, or no /proc */
export function usageOf(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
  // The name of the program, in parentheses, may hold spaces.
  const times = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return {
    residentBytes: kibibytes('VmRSS') * 1_024,
    peakResidentBytes: kibibytes('VmHWM') * 1_024,
    sockets: readdirSync(`/proc/${pid}/fd`).filter((name) => isSocket(`/proc/${pid}/fd/${name}`)).length,
    processorSeconds: (Number(times[11]) + Number(times[12])) / ticksPerSecond,
  };
}

function isSocket(file: string): boolean {
  try {
    return readlinkSync(file).startsWith('socket:');
  } catch {
    // Closed since the folder was read.
    return false;
  }
}
