import type { NewRecord } from '../../adapters/ports/event-log.js';
import { Incarnation, type Surroundings } from '../scheduler/incarnation.js';
import { portsOf, type Installation, type Ports } from '../parts/ports.js';

/** Whoever writes to the input topics from outside: intake for agents, the console for people. Tries until it is taken. */
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

  /** `whenTaken` is called once the log has acknowledged it; a crash of the writer in between means that it never is. */
  write(record: NewRecord, whenTaken: () => void = () => undefined): void {
    const { eventLog, incarnation } = this.#ports;
    eventLog.append([record]).then(whenTaken, () => {
      this.#surroundings.agenda.after(1_000, () => {
        if (incarnation.isAlive()) this.write(record, whenTaken);
      });
    });
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
