import type { NewRecord } from '../../adapters/ports/event-log.js';
import { Incarnation, type Surroundings, type Trouble } from '../scheduler/incarnation.js';
import { portsOf, type Installation, type Ports } from '../parts/ports.js';

const farAheadMs = 3_600_000;

/** Whoever writes to the input topics or asks intake from outside. What it writes it tries until it is taken. */
export class Outside {
  readonly #surroundings: Surroundings;
  readonly #installation: Installation;
  #ports: Ports;
  #lives = 1;

  constructor(surroundings: Surroundings, installation: Installation) {
    this.#surroundings = surroundings;
    this.#installation = installation;
    this.#ports = this.#live();
  }

  /** Writes until the log has acknowledged it; a crash of the writer in between means that it never is. */
  write(record: NewRecord): void {
    const { eventLog, incarnation } = this.#ports;
    eventLog.append([record]).catch(() => {
      this.#surroundings.agenda.after(1_000, () => {
        if (incarnation.isAlive()) this.write(record);
      });
    });
  }

  /** Asks something that answers by itself; never answered when whoever asks dies meanwhile. */
  ask<Value>(verb: string, act: () => Promise<Value>, troubles: readonly Trouble<Value>[]): Promise<Value> {
    return this.#ports.incarnation.call(verb, act, troubles);
  }

  /**
   * A copy whose clock is far ahead takes what others work on, as if their claims had run out, and dies at once: they have
   * lost what they believe to hold.
   */
  async takeClaims(): Promise<void> {
    const { journal, clock } = this.#ports;
    const now = clock.now() + farAheadMs;
    try {
      for (const { command, unfinishedAttempt } of await journal.commands.claimable(now, 100))
        if (unfinishedAttempt)
          await journal.commands.claim(command.id, { by: 'ahead', now, leaseMs: -farAheadMs, budgets: [] });
    } catch {
      // It had no connection.
    }
  }

  /** Whoever wrote or asked begins anew: what was on its way still arrives. */
  beginAnew(): void {
    this.#ports.incarnation.crash();
  }

  /** A fresh id for what is written. */
  uuid(): string {
    return this.#ports.incarnation.random.uuid();
  }

  #live(): Ports {
    const incarnation = new Incarnation(this.#surroundings, {
      part: 'outside',
      number: this.#lives,
      onDeath: () => {
        this.#lives += 1;
        this.#ports = this.#live();
      },
    });
    return portsOf(this.#installation, incarnation);
  }
}
