import type { NewOutboxEntry } from './journal.js';

/** Where a dead letter lies. Another log (`logId`) counts its offsets anew. */
export interface DeadLetterPlace {
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export const deadLetterHandlings = ['retried', 'dropped'] as const;
export type DeadLetterHandling = (typeof deadLetterHandlings)[number];

/** What a person decided about dead letters. */
export interface DeadLetterDecision {
  readonly handled: DeadLetterHandling;
  readonly at: number;
  readonly subject: string;
  readonly reason: string;
}

export type HandledDeadLetter = DeadLetterPlace & DeadLetterDecision;

/** Remembers which dead letters nobody has to be asked about any more. */
export interface DeadLetterBook {
  /** Those of one topic of one log that were handled. */
  handled(logId: string, topic: string): Promise<readonly HandledDeadLetter[]>;
  /**
   * One transaction: marks the letters and writes what is to be sent for them to the outbox, in the given order. A letter
   * that was handled before is left out, so that doing it twice sends nothing twice. Resolves with those marked now.
   */
  handle(
    letters: readonly { readonly place: DeadLetterPlace; readonly entry?: NewOutboxEntry }[],
    decision: DeadLetterDecision,
  ): Promise<readonly DeadLetterPlace[]>;
}
