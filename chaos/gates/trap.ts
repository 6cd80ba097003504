/** `request`: it has come and is not passed on. `answer`: it has had its effect, and who asked never hears of it. */
export type Moment = 'request' | 'answer';

/** Waits at a gate for one thing to pass. */
export interface Trap<Seen> {
  readonly at: Moment;
  matches(seen: Seen): boolean;
  /** Ends whoever sent it. Called in the moment itself, and once. */
  spring(): void;
}

/** Holds at most one trap; one that has sprung is gone. */
export class TrapDoor<Seen> {
  #trap: Trap<Seen> | undefined;

  /** Takes the place of one that waits. Returns what takes this one away again. */
  arm(trap: Trap<Seen>): () => void {
    this.#trap = trap;
    return () => {
      if (this.#trap === trap) this.#trap = undefined;
    };
  }

  /** Whether the trap has sprung now, so that nothing may pass any more. */
  springsAt(moment: Moment, seen: Seen): boolean {
    const trap = this.#trap;
    if (trap?.at !== moment || !trap.matches(seen)) return false;
    this.#trap = undefined;
    trap.spring();
    return true;
  }
}
