import { printable } from './output/table.js';
import type { Terminal } from './terminal.js';

/** Where nobody looks on, a log is not to be filled. */
const everyMs = 10_000;

/** What a command waits for, on stderr: to a person whenever it changes, else a line at most every ten seconds. */
export class WaitingLines {
  readonly #terminal: Pick<Terminal, 'err' | 'interactive'>;
  #told = '';
  #toldAt = -Infinity;

  constructor(terminal: Pick<Terminal, 'err' | 'interactive'>) {
    this.#terminal = terminal;
  }

  /** @param now ms, of any clock */
  tell(text: string, now = performance.now()): void {
    const { interactive } = this.#terminal;
    if (interactive ? text === this.#told : now - this.#toldAt < everyMs) return;
    this.#terminal.err(`${printable(text)}\n`);
    this.#told = text;
    this.#toldAt = now;
  }
}
