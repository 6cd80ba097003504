import type { Duty } from '../../ports/duty.js';
import type { SessionLocks } from './session-locks.js';

/** There is one duty of a kind: one lock. */
const theDuty = 0;

/** A duty that lasts as long as a connection of its own. */
export class SessionDuty implements Duty {
  readonly #locks: SessionLocks;

  constructor(locks: SessionLocks) {
    this.#locks = locks;
  }

  acquire(): Promise<boolean> {
    return this.#locks.acquire(theDuty);
  }

  release(): Promise<void> {
    return this.#locks.release(theDuty);
  }

  holds(): boolean {
    return this.#locks.isHeld(theDuty);
  }
}
