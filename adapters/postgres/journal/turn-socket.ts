import { Socket } from 'node:net';

/**
 * A socket that sends all that is written in one turn of the event loop as one: the driver corks and uncorks around
 * each statement, and each of the statements of a transaction was a system call, and woke the server, of its own.
 */
export class TurnSocket extends Socket {
  #held = false;

  override uncork(): void {
    if (this.#held) {
      super.uncork();
      return;
    }
    this.#held = true;
    process.nextTick(() => {
      this.#held = false;
      super.uncork();
    });
  }
}
