import { readdirSync, readFileSync } from 'node:fs';
import type { BenchSite } from './bench-site.js';
import { rounded } from './figures.js';
import { usageOf } from './process-usage.js';

/** Processor time by component since each began, seconds. */
export type ProcessorTimes = Readonly<Record<string, number>>;

/** @param faultline process id of the Faultline that is measured */
export function processorTimes({ stack, kubernetes }: BenchSite, faultline: number): ProcessorTimes {
  const sum = (pids: readonly number[]): number => pids.reduce((seconds, pid) => seconds + secondsOf(pid), 0);
  return {
    faultline: secondsOf(faultline),
    kafka: sum(stack.kafka.pids()),
    postgres: sum([stack.postgresPid, ...childrenOf(stack.postgresPid)]),
    kubernetes: sum(kubernetes.pids()),
    bench: secondsOf(process.pid),
  };
}

/** What was used between two looks, for people: which component the time went to. */
export function usedBetween(before: ProcessorTimes, after: ProcessorTimes): string {
  return Object.entries(after)
    .map(([name, seconds]) => `${name} ${rounded(seconds - (before[name] ?? 0))} s`)
    .join(', ');
}

/** A process that has ended meanwhile counts nothing. */
function secondsOf(pid: number): number {
  try {
    return usageOf(pid).processorSeconds;
  } catch {
    return 0;
  }
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
