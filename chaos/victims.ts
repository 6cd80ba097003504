import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosSite } from './chaos-site.js';
import type { Installation } from './installation.js';
import { copyNames, foundations, type CopyName, type Foundation, type Target } from './kill-plan.js';
import type { Tally } from './tally.js';

const downForMs = 1_500;

/** Kills with SIGKILL, counts, and has what everything rests on started again; copies of Faultline are kept running anyway. */
export class Victims {
  readonly #site: ChaosSite;
  readonly #installation: Installation;
  readonly #tally: Tally;

  constructor(site: ChaosSite, installation: Installation, tally: Tally) {
    this.#site = site;
    this.#installation = installation;
    this.#tally = tally;
  }

  /** All at the same moment. Resolves when what everything rests on is there again. */
  async kill(targets: readonly Target[]): Promise<void> {
    const fallen = targets.filter(isFoundation);
    for (const target of targets) if (isCopy(target)) this.killCopy(target);
    await Promise.all(fallen.map((foundation) => this.#killFoundation(foundation)));
    if (fallen.length === 0) return;
    await pause(downForMs);
    await Promise.all(fallen.map((foundation) => this.#startAgain(foundation)));
  }

  /** In this very moment. */
  killCopy(name: CopyName): void {
    if (this.#installation.get(name)?.copy.kill9() === true) this.#tally.killed(name);
  }

  /** Killed (if it runs), and not started again until it is released. */
  holdCopy(name: CopyName): void {
    if (this.#installation.get(name)?.copy.hold() === true) this.#tally.killed(name);
  }

  releaseCopy(name: CopyName): void {
    this.#installation.get(name)?.copy.release();
  }

  async #killFoundation(foundation: Foundation): Promise<void> {
    const { kafka, kubernetes, postgres } = this.#site;
    this.#tally.killed(foundation);
    if (foundation === 'postgres') postgres.kill9();
    else if (foundation === 'kube-apiserver') await kubernetes.kill9(foundation);
    else await kafka.kill9Broker(brokerIndex(foundation));
  }

  async #startAgain(foundation: Foundation): Promise<void> {
    const { kafka, kubernetes, postgres } = this.#site;
    if (foundation === 'postgres') await postgres.startAgain();
    else if (foundation === 'kube-apiserver') await kubernetes.startAgain(foundation);
    else await kafka.startBroker(brokerIndex(foundation));
  }
}

function brokerIndex(foundation: Exclude<Foundation, 'postgres' | 'kube-apiserver'>): number {
  return Number(foundation.slice('kafka-'.length)) - 1;
}

function isCopy(target: Target): target is CopyName {
  return copyNames.some((name) => name === target);
}

function isFoundation(target: Target): target is Foundation {
  return foundations.some((name) => name === target);
}
