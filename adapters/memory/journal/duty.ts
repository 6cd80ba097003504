import type { Duty } from '../../ports/duty.js';

/** Who has a duty, among handles on one store. */
export interface DutyHolder {
  holder: symbol | undefined;
}

/** As one copy sees it. */
export class MemoryDuty implements Duty {
  readonly #shared: DutyHolder;
  readonly #self = Symbol('copy');

  constructor(shared: DutyHolder) {
    this.#shared = shared;
  }

  acquire(): Promise<boolean> {
    const isFree = this.#shared.holder === undefined;
    if (isFree) this.#shared.holder = this.#self;
    return Promise.resolve(isFree);
  }

  release(): Promise<void> {
    if (this.holds()) this.#shared.holder = undefined;
    return Promise.resolve();
  }

  holds(): boolean {
    return this.#shared.holder === this.#self;
  }
}
