import { asCommandFailed, type CommandFailed } from './errors.js';
import { pause } from './pause.js';
import type { Terminal } from './terminal.js';

const firstMs = 250;
const longestMs = 5_000;

/** Whether it may be well the next time: the server is away or in trouble, and has not refused. */
export function mayPass({ code }: CommandFailed): boolean {
  return code === 'ServerUnreachable' || code === 'ServerFailed';
}

/** With a server that is away for a while: it is asked again, ever more rarely, and that is told once. */
export class Patience {
  readonly #terminal: Pick<Terminal, 'interrupted' | 'err'>;
  #failures = 0;
  /** Shared by all that are asked at once. */
  #rest: Promise<void> | undefined;

  constructor(terminal: Pick<Terminal, 'interrupted' | 'err'>) {
    this.#terminal = terminal;
  }

  /** Resolves when it is time to ask again. Rejects with what does not pass by itself. */
  async after(error: unknown): Promise<void> {
    const failure = asCommandFailed(error);
    const { interrupted, err } = this.#terminal;
    if (interrupted.aborted || !mayPass(failure)) throw error;
    if (this.#failures === 0) err(`waiting for the server: ${failure.message}\n`);
    this.#rest ??= pause(Math.min(firstMs * 2 ** this.#failures++, longestMs), interrupted).finally(() => {
      this.#rest = undefined;
    });
    await this.#rest;
  }

  answered(): void {
    if (this.#failures > 0) this.#terminal.err('the server answers again; going on where it was\n');
    this.#failures = 0;
  }

  /** The answer, however long it takes. */
  async untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const failuresBefore = this.#failures;
      try {
        const answer = await ask();
        // One that was on its way when the server went away says nothing about whether it is back.
        if (this.#failures === failuresBefore) this.answered();
        return answer;
      } catch (error) {
        await this.after(error);
      }
    }
  }
}
