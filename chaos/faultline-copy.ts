import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { tailOf } from '../stack/build-command.js';
import { launchFaultline } from '../stack/faultline-process.js';
import type { Supervised } from '../stack/supervised.js';
import { crashIn } from './crash.js';
import type { CopyName } from './kill-plan.js';

const lookEveryMs = 100;
/** As deploy/service-pods.yaml has it: who does not answer so often, one after the other, is killed and started again. */
const liveness = { everyMs: 10_000, withinMs: 5_000, failures: 6 };
/** For Node to write where a process hangs that doesn't answer any more. */
const reportMs = 5_000;

export interface CopyOptions {
  readonly name: CopyName;
  readonly service: string;
  readonly configuration: string;
  /** Its own: working folder and log. */
  readonly folder: string;
  /** Of its API. */
  readonly url: string;
  /** How long whoever keeps it running takes to start it again. */
  readonly restartAfterMs: number;
}

/** One service as a process that is started again whenever it has ended, as any cluster would. */
export class FaultlineCopy {
  readonly options: CopyOptions;
  #process: Supervised | undefined;
  #isWanted = true;
  #isHeld = false;
  #keeping: Promise<void> = Promise.resolve();
  #ownEnds = 0;
  #hangs: string[] = [];
  #crashes: string[] = [];
  #watching = Promise.resolve();
  #wasKilled = false;

  private constructor(options: CopyOptions) {
    this.options = options;
  }

  static async start(options: CopyOptions): Promise<FaultlineCopy> {
    await mkdir(options.folder, { recursive: true });
    const copy = new FaultlineCopy(options);
    copy.#process = await copy.#launch();
    copy.#keeping = copy.#keep();
    copy.#watching = copy.#watch();
    return copy;
  }

  get name(): CopyName {
    return this.options.name;
  }

  get isRunning(): boolean {
    return this.#process?.running() === true;
  }

  /** How often it ended without being killed: it couldn't go on, and said so. */
  get ownEnds(): number {
    return this.#ownEnds;
  }

  /** What Node wrote each time that it ended by an error that nobody caught. */
  get crashes(): readonly string[] {
    return this.#crashes;
  }

  /** Where it hung each time that it was killed for it. */
  get hangs(): readonly string[] {
    return this.#hangs;
  }

  /** SIGKILL, in this very moment. False: there was nothing to kill. */
  kill9(): boolean {
    if (!this.isRunning) return false;
    this.#wasKilled = true;
    void this.#process?.kill9();
    return true;
  }

  /** Killed, and not started again until it is released. */
  hold(): boolean {
    this.#isHeld = true;
    return this.kill9();
  }

  release(): void {
    this.#isHeld = false;
  }

  /** Undefined: it says that it can work. Else what it says, or that it says nothing. */
  async whyNotReady(): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.options.url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      return answer.ok ? undefined : await answer.text();
    } catch (problem) {
      const silence = problem instanceof Error ? `${problem.message}, ${String(problem.cause)}` : 'no answer';
      return this.isRunning
        ? `runs, but: ${silence}`
        : `does not run (ended ${this.#ownEnds} times by itself)`;
    }
  }

  /** The last that it wrote, over all its starts. */
  async lastWords(): Promise<string> {
    return this.#process === undefined ? '' : await tailOf(this.#process.log);
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    await Promise.all([this.#keeping, this.#watching]);
    await this.#process?.stop();
  }

  #launch(): Promise<Supervised> {
    const { configuration, folder, service } = this.options;
    const nodeOptions = ['--report-on-signal', '--report-signal=SIGUSR2', `--report-directory=${folder}`];
    return launchFaultline({ configuration, folder, only: [service], nodeOptions });
  }

  async #watch(): Promise<void> {
    let watched: Supervised | undefined;
    /** Undefined: it has not answered yet, since it is starting. */
    let failures: number | undefined;
    let lookAt = Date.now();
    while (this.#isWanted) {
      await pause(lookEveryMs);
      if (Date.now() < lookAt) continue;
      lookAt = Date.now() + liveness.everyMs;
      if (watched !== this.#process) failures = undefined;
      watched = this.#process;
      if (watched?.running() !== true) continue;
      if (await answers(`${this.options.url}/livez`)) failures = 0;
      else if (failures !== undefined) failures += 1;
      if (failures !== liveness.failures) continue;
      this.#hangs.push(await whereItHangs(watched, this.options.folder));
      this.kill9();
    }
  }

  async #keep(): Promise<void> {
    const { restartAfterMs } = this.options;
    for (;;) {
      await pause(lookEveryMs);
      if (this.#isOver()) return;
      if (this.isRunning || this.#isHeld) continue;
      await pause(restartAfterMs);
      if (!this.#mayStart()) continue;
      if (!this.#wasKilled) await this.#noteOwnEnd();
      this.#wasKilled = false;
      this.#process = await this.#launch();
      // Held while it was being started.
      if (!this.#mayStart()) this.kill9();
    }
  }

  async #noteOwnEnd(): Promise<void> {
    this.#ownEnds += 1;
    const crash = crashIn(await this.lastWords());
    if (crash !== undefined) this.#crashes.push(crash);
  }

  #isOver(): boolean {
    return !this.#isWanted;
  }

  #mayStart(): boolean {
    return this.#isWanted && !this.#isHeld;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(liveness.withinMs) })).ok;
  } catch {
    return false;
  }
}

/** Also of a process whose event loop stands still: Node interrupts it. */
async function whereItHangs({ pid }: Supervised, folder: string): Promise<string> {
  kill(pid, 'SIGUSR2');
  await pause(reportMs);
  const written = (await readdir(folder))
    .filter((name) => name.startsWith('report.'))
    .sort()
    .at(-1);
  if (written === undefined) return `process ${pid} does not even report where`;
  const report: unknown = JSON.parse(await readFile(join(folder, written), 'utf8'));
  const { javascriptStack } = report as { readonly javascriptStack?: { readonly stack?: readonly string[] } };
  return (javascriptStack?.stack ?? []).map((frame) => frame.trim()).join('\n');
}
