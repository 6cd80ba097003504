import { Incarnation, type Surroundings } from '../scheduler/incarnation.js';
import type { IntakeRequests } from '../../services/intake/answer-requests.js';
import type { Parts } from './parts.js';
import type { Running, Start } from './running.js';
import { portsOf, type Installation, type Ports } from './ports.js';

interface Member {
  readonly incarnation: Incarnation;
  readonly ports: Ports;
  readonly running: Running;
}

/** Who starts a part anew after its process has ended (kubelet, systemd), ms. */
const restartMs = 2_000;

/** Keeps every part of the installation running: what dies or ends is started anew, with nothing but what is stored. */
export class Crew {
  readonly #surroundings: Surroundings;
  readonly #installation: Installation;
  readonly #parts: Parts;
  readonly #members = new Map<string, Member>();
  readonly #lives = new Map<string, number>();
  #requests = 0;

  constructor(surroundings: Surroundings, installation: Installation, parts: Parts) {
    this.#surroundings = surroundings;
    this.#installation = installation;
    this.#parts = parts;
  }

  startAll(): void {
    for (const [part, start] of Object.entries(this.#parts)) this.#start(part, start);
  }

  /** An intake that runs, each copy in its turn; undefined: none does. */
  intake(): IntakeRequests | undefined {
    const open = [...this.#members.values()].flatMap(({ running }) => running.intake ?? []);
    this.#requests += 1;
    return open[this.#requests % Math.max(open.length, 1)];
  }

  /** kill -9. Started anew after `downMs`. */
  crash(part: string): void {
    this.#members.get(part)?.incarnation.crash();
  }

  /** Every copy at once. */
  crashAll(): void {
    for (const { incarnation } of [...this.#members.values()]) incarnation.crash();
  }

  /** SIGTERM: finishes what is short and ends by itself. */
  stop(part: string): void {
    const member = this.#members.get(part);
    member?.incarnation.stopping.abort();
    for (const subscription of member?.running.subscriptions ?? []) void subscription.stop();
  }

  /** Its group takes it for dead while it works on: what it has sent still arrives. */
  loseMembership(part: string): void {
    for (const subscription of this.#members.get(part)?.running.subscriptions ?? [])
      this.#installation.log.crash(subscription);
  }

  #start(part: string, start: Start): void {
    const number = (this.#lives.get(part) ?? 0) + 1;
    this.#lives.set(part, number);
    const incarnation = new Incarnation(this.#surroundings, {
      part,
      number,
      onDeath: () => {
        this.#bury(part, start);
      },
    });
    const ports = portsOf(this.#installation, incarnation);
    const running = start(this.#installation, ports);
    this.#members.set(part, { incarnation, ports, running });
    const exit = (): void => {
      incarnation.crash();
    };
    running.ended.then(exit, exit);
  }

  #bury(part: string, start: Start): void {
    const member = this.#members.get(part);
    this.#members.delete(part);
    for (const subscription of member?.running.subscriptions ?? [])
      this.#installation.log.crash(subscription);
    void member?.ports.journal.close();
    this.#surroundings.agenda.after(restartMs, () => {
      this.#start(part, start);
    });
  }
}
