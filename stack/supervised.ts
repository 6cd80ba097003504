import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tailOf } from './build-command.js';
import { processIdentity } from './process-identity.js';

/** A process of the stack, as remembered from one run to the next. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
  readonly log: string;
  /** What asks it to stop; SIGTERM if not given. */
  readonly stopSignal?: 'SIGINT';
}

export interface Supervised extends ProcessRecord {
  running(): boolean;
  /** SIGTERM, then SIGKILL after the patience. Resolves when it is gone. Idempotent. */
  stop(patienceMs?: number): Promise<void>;
  /** SIGKILL, as a crash would. Resolves when it is gone. */
  kill9(): Promise<void>;
}

export interface Launch {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Whether the process still runs, and is still the same one. */
export function isRunning(record: ProcessRecord): boolean {
  return processIdentity(record.pid) === record.identity;
}

async function gone(record: ProcessRecord, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (isRunning(record)) {
    if (Date.now() > deadline) return false;
    await pause(25);
  }
  return true;
}

/** Signals the process only if it is the one we started: its id may belong to somebody else by now. */
function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isRunning(record)) return;
  try {
    process.kill(record.pid, name);
  } catch (problem) {
    if (!(problem instanceof Error && 'code' in problem && problem.code === 'ESRCH')) throw problem;
  }
}

/** Stops a process that this or an earlier run started. Idempotent. */
export async function stopRecorded(record: ProcessRecord, patienceMs = 15_000): Promise<void> {
  signal(record, record.stopSignal ?? 'SIGTERM');
  if (await gone(record, patienceMs)) return;
  signal(record, 'SIGKILL');
  if (!(await gone(record, 5_000)))
    throw new Error(`${record.name} (process ${record.pid}) cannot be killed`);
}

// What this run started and nobody stopped. Killed at exit, so that a failed test leaves nothing behind.
const unattended = new Set<ProcessRecord>();
process.once('exit', () => {
  for (const record of unattended) signal(record, 'SIGKILL');
});

let ledger: string | undefined;

/**
 * From now on each process is written down in `file` (a JSON line each) the moment it exists, and lives on after this run: whoever reads the
 * file can stop it, even if this run is killed half-way.
 */
export function keepRunning(file: string): void {
  ledger = file;
}

/** Remembers a process that something else than `launch` started. */
export function remember(record: ProcessRecord): void {
  if (ledger === undefined) unattended.add(record);
  else appendFileSync(ledger, `${JSON.stringify(record)}\n`);
}

/** Starts a process, detached, with its output in a log. Resolves when it exists; whether it is ready is for the caller to find out. */
export async function launch(options: Launch): Promise<Supervised> {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = openSync(options.log, 'a');
  let failure: Error | undefined;
  const child = spawn(options.program, options.args, {
    cwd: options.folder,
    env: { ...process.env, ...options.environment },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', (problem) => (failure = problem));
  child.unref();
  await pause(0);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${options.program} can't be started`, { cause: failure });
  const record: ProcessRecord = {
    name: options.name,
    pid,
    identity: processIdentity(pid) ?? 'ended at once',
    log: options.log,
  };
  remember(record);
  return {
    ...record,
    running: () => isRunning(record),
    async stop(patienceMs) {
      await stopRecorded(record, patienceMs);
      unattended.delete(record);
    },
    async kill9() {
      signal(record, 'SIGKILL');
      await gone(record, 5_000);
      unattended.delete(record);
    },
  };
}

/** One look whether a server is ready takes no longer; then it is asked anew. */
const longestLookMs = 5_000;

/**
 * Asks until `ready` says yes.
 *
 * @throws with the end of the log, when the process has ended or the patience has
 */
export async function untilReady(
  record: ProcessRecord,
  ready: () => Promise<boolean>,
  patienceMs = 90_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    // Whoever asks a server that is just starting may never hear of it; the next one does.
    const unanswered = pause(longestLookMs, false, { ref: false });
    if (await Promise.race([ready().catch(() => false), unanswered])) return;
    const ended = !isRunning(record);
    if (ended || Date.now() > deadline) {
      const what = ended ? 'ended before it was ready' : `was not ready within ${patienceMs / 1000} s`;
      throw new Error(`${record.name} ${what}. End of ${record.log}:\n${await tailOf(record.log)}`);
    }
    await pause(50);
  }
}
