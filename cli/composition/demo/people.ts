import { request } from 'undici';

import type { JumpingClock } from '../../../adapters/clock/jumping-clock.js';
import type { ProcessEventPayload } from '../../../schemas/events/process-event.js';

/** How long a person takes to look at what Faultline asks. */
const answerAfterMs = 2 * 3_600_000;
/** First try again, then say that it was mended, then take the node over. */
const answers = ['retry', 'repaired', 'abort'] as const;

/** The people on call of the demo: they answer what Faultline asks, with the orders that anybody could give. */
export class PeopleOnCall {
  readonly #clock: JumpingClock;
  readonly #url: () => string;
  readonly #asked = new Map<string, number>();
  #underWay = 0;

  constructor(clock: JumpingClock, url: () => string) {
    this.#clock = clock;
    this.#url = url;
  }

  get underWay(): number {
    return this.#underWay;
  }

  hear({ type, processId }: ProcessEventPayload): void {
    if (type !== 'PersonAsked' || processId === null) return;
    const times = this.#asked.get(processId) ?? 0;
    this.#asked.set(processId, times + 1);
    const kind = answers[Math.min(times, answers.length - 1)] ?? 'abort';
    this.#clock.schedule(this.#clock.now() + answerAfterMs, () => void this.#order(processId, kind));
  }

  async #order(processId: string, kind: (typeof answers)[number]): Promise<void> {
    this.#underWay += 1;
    try {
      const response = await request(`${this.#url()}/v1/processes/${processId}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind, reason: 'answered by the demo', subject: 'on-call' }),
      });
      // A process that went on by itself meanwhile refuses the order, and that is right.
      await response.body.dump();
    } finally {
      this.#underWay -= 1;
    }
  }
}
