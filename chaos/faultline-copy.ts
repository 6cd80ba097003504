import { mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { tailOf } from '../stack/build-command.js';
import { launchFaultline } from '../stack/faultline-process.js';
import type { Supervised } from '../stack/supervised.js';
import type { CopyName } from './kill-plan.js';

const lookEveryMs = 100;

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
  #wasKilled = false;

  private constructor(options: CopyOptions) {
    this.options = options;
  }

  static async start(options: CopyOptions): Promise<FaultlineCopy> {
    await mkdir(options.folder, { recursive: true });
    const copy = new FaultlineCopy(options);
    copy.#process = await copy.#launch();
    copy.#keeping = copy.#keep();
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
    await this.#keeping;
    await this.#process?.stop();
  }

  #launch(): Promise<Supervised> {
    const { configuration, folder, service } = this.options;
    return launchFaultline({ configuration, folder, only: [service] });
  }

  async #keep(): Promise<void> {
    const { restartAfterMs } = this.options;
    for (;;) {
      await pause(lookEveryMs);
      if (this.#isOver()) return;
      if (this.isRunning || this.#isHeld) continue;
      await pause(restartAfterMs);
      if (!this.#mayStart()) continue;
      if (!this.#wasKilled) this.#ownEnds += 1;
      this.#wasKilled = false;
      this.#process = await this.#launch();
      // Held while it was being started.
      if (!this.#mayStart()) this.kill9();
    }
  }

  #isOver(): boolean {
    return !this.#isWanted;
  }

  #mayStart(): boolean {
    return this.#isWanted && !this.#isHeld;
  }
}
