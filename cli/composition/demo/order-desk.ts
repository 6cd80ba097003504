import { request } from 'undici';

import type { GivenOrder } from '../../../simulation/record/people-on-call.js';

/** Gives orders as anybody could, over HTTP. */
export class OrderDesk {
  readonly #url: () => string;
  #underWay = 0;

  constructor(url: () => string) {
    this.#url = url;
  }

  get underWay(): number {
    return this.#underWay;
  }

  async give({ processId, kind, subject, reason }: GivenOrder): Promise<void> {
    this.#underWay += 1;
    try {
      const response = await request(`${this.#url()}/v1/processes/${processId}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind, subject, reason }),
      });
      // A process that went on by itself meanwhile refuses the order, and that is right.
      await response.body.dump();
    } finally {
      this.#underWay -= 1;
    }
  }
}
