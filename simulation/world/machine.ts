import type { Agenda, Cancel } from '../scheduler/agenda.js';
import type { Seeded } from '../scheduler/seeded.js';

/** What mends a fault, weakest first: whatever is stronger mends it too. */
export const cures = ['restart', 'reboot', 'reimage', 'repair'] as const;
export type Cure = (typeof cures)[number];

/** What is wrong with a machine. */
export interface Defect {
  /** The fault type that it is reported as. */
  readonly type: string;
  /** The node condition that shows it; undefined: only an agent tells. */
  readonly condition: string | undefined;
  readonly cure: Cure;
}

/** One machine as it really is. Knows nothing of Kubernetes; `onChange` is called after each change. */
export class Machine {
  readonly name: string;
  readonly #agenda: Agenda;
  readonly #random: Seeded;
  readonly #defects = new Map<string, Defect>();
  /** When each began, by type. */
  readonly #failedAt = new Map<string, number>();
  onChange: () => void = () => undefined;
  power: 'On' | 'Off' = 'On';
  running = true;
  /** The kubelet hangs although the machine runs; ends with the next boot. */
  silent = false;
  boots = 1;
  bootedAt = -Infinity;
  image = 'os-1';
  #bootFromNetwork = false;
  #boot: Cancel | undefined;
  #silentSince = 0;
  #switchedOnAfterMs: number | undefined;

  constructor(name: string, agenda: Agenda, random: Seeded) {
    this.name = name;
    this.#agenda = agenda;
    this.#random = random;
  }

  get bootId(): string {
    return `${this.name}-boot-${this.boots}`;
  }

  get defects(): readonly Defect[] {
    return [...this.#defects.values()];
  }

  /** When it failed in this way the last time. */
  failedAt({ type }: Defect): number {
    return this.#failedAt.get(type) ?? -Infinity;
  }

  /** Its kubelet speaks to Kubernetes. */
  get heard(): boolean {
    return this.running && !this.silent;
  }

  get silentSince(): number | undefined {
    return this.heard ? undefined : this.#silentSince;
  }

  fail(defect: Defect): void {
    this.#defects.set(defect.type, defect);
    this.#failedAt.set(defect.type, this.#agenda.now);
    this.onChange();
  }

  /** Everything goes away that this cures. */
  mend(cure: Cure): void {
    for (const [type, defect] of this.#defects) {
      if (cures.indexOf(defect.cure) <= cures.indexOf(cure)) this.#defects.delete(type);
    }
    this.onChange();
  }

  /** One defect goes away by itself. */
  fade(type: string): void {
    this.#defects.delete(type);
    this.onChange();
  }

  fallSilent(): void {
    this.#noteSilence();
    this.silent = true;
    this.onChange();
  }

  powerOff(): void {
    if (this.power === 'Off') return;
    this.#noteSilence();
    this.power = 'Off';
    this.running = false;
    this.#boot?.();
    this.#expectHand();
    this.onChange();
  }

  /** A person switches it on by hand when it goes off the next time, after so long. */
  switchOnAfterOff(afterMs: number): void {
    this.#switchedOnAfterMs = afterMs;
  }

  powerOn(): void {
    if (this.power === 'On') return;
    this.power = 'On';
    this.reboot(this.#bootFromNetwork ? 'reimage' : 'reboot');
  }

  bootFromNetworkOnce(): void {
    this.#bootFromNetwork = true;
  }

  /** Whoever repairs a machine does not leave it as long as it is off, or does not speak. */
  repairByHand(): void {
    if (this.power === 'Off') this.powerOn();
    else if (this.silent) this.reboot('repair');
    this.mend('repair');
  }

  /** Down at once, and up again after a while with a new boot id. */
  reboot(cure: Cure = 'reboot'): void {
    this.#noteSilence();
    this.running = false;
    this.#bootFromNetwork = false;
    this.#boot?.();
    this.#boot = this.#agenda.after(this.#random.between(20_000, 200_000), () => {
      this.boots += 1;
      this.bootedAt = this.#agenda.now;
      this.running = true;
      this.silent = false;
      this.mend(cure);
    });
    this.onChange();
  }

  #expectHand(): void {
    if (this.#switchedOnAfterMs === undefined) return;
    this.#agenda.after(this.#switchedOnAfterMs, () => {
      this.powerOn();
    });
    this.#switchedOnAfterMs = undefined;
  }

  #noteSilence(): void {
    if (this.heard) this.#silentSince = this.#agenda.now;
  }
}

/** Boots are numbered. */
export function bootNumber(bootId: string | null | undefined): number {
  const number = /-boot-(\d+)$/.exec(bootId ?? '')?.[1];
  return number === undefined ? Infinity : Number(number);
}
