import type { ProcessEventPayload } from '../../schemas/events/process-event.js';
import type { WorldClock } from '../../world/clock.js';

/** How long a person takes to look at what Faultline asks. */
const answerAfterMs = 2 * 3_600_000;
/** First try again, then say that it was mended, then take the node over. */
const answers = ['retry', 'repaired', 'abort'] as const;

export interface GivenOrder {
  readonly processId: string;
  /** Node name. */
  readonly node: string;
  readonly kind: (typeof answers)[number];
  readonly subject: string;
  readonly reason: string;
}

/**
 * The people of a record, with the orders that anybody could give: those on call answer what Faultline asks, and the
 * ticket system tells when a technician has finished.
 */
export class PeopleOnCall {
  readonly #clock: WorldClock;
  readonly #give: (order: GivenOrder) => void;
  readonly #asked = new Map<string, number>();
  /** Process that waits for the repair of a node. */
  readonly #repairing = new Map<string, string>();

  /** @param give takes an order, which may be refused: the process may have gone on by itself meanwhile */
  constructor(clock: WorldClock, give: (order: GivenOrder) => void) {
    this.#clock = clock;
    this.#give = give;
  }

  hear({ type, processId, node, stage }: ProcessEventPayload): void {
    if (processId === null) return;
    if (type === 'StageEntered' && stage === 'repairing') this.#repairing.set(node, processId);
    else if (type === 'StageEntered' || type === 'ProcessEnded') this.#repairing.delete(node);
    if (type === 'PersonAsked') this.#answerLater(processId, node);
  }

  /** A technician is done with the machine of this node. */
  repaired(node: string): void {
    const processId = this.#repairing.get(node);
    if (processId === undefined) return;
    this.#give({
      processId,
      node,
      kind: 'repaired',
      subject: 'ticket-system',
      reason: 'the ticket is closed',
    });
  }

  #answerLater(processId: string, node: string): void {
    const times = this.#asked.get(processId) ?? 0;
    this.#asked.set(processId, times + 1);
    const kind = answers[Math.min(times, answers.length - 1)] ?? 'abort';
    this.#clock.schedule(this.#clock.now() + answerAfterMs, () => {
      this.#give({ processId, node, kind, subject: 'on-call', reason: 'answered by whoever is on call' });
    });
  }
}
