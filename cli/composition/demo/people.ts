import { request } from 'undici';

import type { JumpingClock } from '../../../adapters/clock/jumping-clock.js';
import type { ProcessEventPayload } from '../../../schemas/events/process-event.js';

/** How long a person takes to look at what Faultline asks. */
const answerAfterMs = 2 * 3_600_000;
/** First try again, then say that it was mended, then take the node over. */
const answers = ['retry', 'repaired', 'abort'] as const;

interface Order {
  readonly kind: (typeof answers)[number];
  readonly subject: string;
  readonly reason: string;
}

/**
 * The people of the demo, with the orders that anybody could give: those on call answer what Faultline asks, and the
 * ticket system tells when a technician has finished.
 */
export class PeopleOnCall {
  readonly #clock: JumpingClock;
  readonly #url: () => string;
  readonly #asked = new Map<string, number>();
  /** Process that waits for the repair of a node. */
  readonly #repairing = new Map<string, string>();
  #underWay = 0;

  constructor(clock: JumpingClock, url: () => string) {
    this.#clock = clock;
    this.#url = url;
  }

  get underWay(): number {
    return this.#underWay;
  }

  hear({ type, processId, node, stage }: ProcessEventPayload): void {
    if (processId === null) return;
    if (type === 'StageEntered' && stage === 'repairing') this.#repairing.set(node, processId);
    else if (type === 'StageEntered' || type === 'ProcessEnded') this.#repairing.delete(node);
    if (type === 'PersonAsked') this.#answerLater(processId);
  }

  /** A technician is done with the machine of this node. */
  repaired(node: string): void {
    const processId = this.#repairing.get(node);
    if (processId === undefined) return;
    const told = { kind: 'repaired', subject: 'ticket-system', reason: 'the ticket is closed' } as const;
    void this.#order(processId, told);
  }

  #answerLater(processId: string): void {
    const times = this.#asked.get(processId) ?? 0;
    this.#asked.set(processId, times + 1);
    const kind = answers[Math.min(times, answers.length - 1)] ?? 'abort';
    const order = { kind, subject: 'on-call', reason: 'answered by the demo' };
    this.#clock.schedule(this.#clock.now() + answerAfterMs, () => void this.#order(processId, order));
  }

  async #order(processId: string, order: Order): Promise<void> {
    this.#underWay += 1;
    try {
      const response = await request(`${this.#url()}/v1/processes/${processId}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(order),
      });
      // A process that went on by itself meanwhile refuses the order, and that is right.
      await response.body.dump();
    } finally {
      this.#underWay -= 1;
    }
  }
}
