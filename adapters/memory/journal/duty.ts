import type { Duty } from '../../ports/duty.js';

/** Who has a duty, among handles on one store. */
export interface DutyHolder {
  holder: symbol | undefined;
}

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

/** As one copy sees it. */
export class MemoryDuty implements Duty {
  readonly #shared: DutyHolder;
  readonly #self = Symbol('copy');

  constructor(shared: DutyHolder) {
    this.#shared = shared;
  }

  async acquire(): Promise<boolean> {
    if (this.#shared.holder !== undefined) return false;
    this.#shared.holder = this.#self;
    return true;
  }

  async release(): Promise<void> {
    if (this.holds()) this.#shared.holder = undefined;
  }

  holds(): boolean {
    return this.#shared.holder === this.#self;
  }
}
