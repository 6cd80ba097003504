import type { ScheduledCall, WorldClock } from '../clock.js';
import type { Machine } from '../machines/machine.js';
import type { WorldRandom } from '../random.js';

/** Orders that a BMC takes; anything else is refused. */
export const resetTypes = [
  'On',
  'ForceOn',
  'ForceOff',
  'GracefulShutdown',
  'ForceRestart',
  'GracefulRestart',
] as const;
export type ResetType = (typeof resetTypes)[number];

export const bootTargets = ['Pxe', 'Cd', 'Hdd', 'UefiHttp'] as const;
export type BootTarget = (typeof bootTargets)[number];

/**
 * How a BMC misbehaves until told otherwise. `hangs`: never answers, does nothing. `acts-without-answer`: does what
 * it is told and never answers. `ignores-orders`: accepts resets and does nothing. `reports-orders-as-done`: says Off
 * (or On) as soon as it was asked to, while the machine is still on (or off) for good.
 */
export type BmcMishap = 'hangs' | 'acts-without-answer' | 'ignores-orders' | 'reports-orders-as-done';

export interface BmcOptions {
  readonly machine: Machine;
  readonly clock: WorldClock;
  /** A stream of this BMC's own. */
  readonly random: WorldRandom;
  /** What a boot from the network installs. */
  readonly networkImage: string;
}

/** Power changes land that much later, s: as long as the emulator of sushy-tools takes. */
const powerDelaySeconds = [1, 11] as const;

/** The board management controller of one machine. */
export class Bmc {
  readonly machine: Machine;
  readonly #options: BmcOptions;
  #pending: ScheduledCall | undefined;
  #bootTarget: BootTarget = 'Hdd';
  #bootOnce = false;
  #lastResetAt: number;
  #mishap: BmcMishap | undefined;
  #claimedPower: 'On' | 'Off' | undefined;

  constructor(options: BmcOptions) {
    this.#options = options;
    this.machine = options.machine;
    this.#lastResetAt = options.clock.now();
  }

  get mishap(): BmcMishap | undefined {
    return this.#mishap;
  }

  /** What it says, which is what is true unless it lies. */
  get power(): 'On' | 'Off' {
    return this.#claimedPower ?? this.machine.power;
  }

  get bootTarget(): BootTarget {
    return this.#bootTarget;
  }

  get bootsOnce(): boolean {
    return this.#bootOnce;
  }

  /** When the last power change landed, ms. */
  get lastResetAt(): number {
    return this.#lastResetAt;
  }

  /** Undefined: behaves again. */
  misbehave(mishap: BmcMishap | undefined): void {
    this.#mishap = mishap;
    this.#claimedPower = undefined;
  }

  /** `once`: the next boot only. */
  bootFrom(target: BootTarget, once: boolean): void {
    this.#bootTarget = target;
    this.#bootOnce = once;
  }

  /**
   * Takes an order; it lands 1 to 11 s later. As with the emulator, an order for the power that is there already does
   * nothing (a change under way still lands), and another order replaces the one under way.
   */
  order(reset: ResetType): void {
    const wanted = reset === 'ForceOff' || reset === 'GracefulShutdown' ? 'Off' : 'On';
    if (this.#mishap === 'ignores-orders') return;
    if (this.#mishap === 'reports-orders-as-done') {
      this.#claimedPower = wanted;
      return;
    }
    const restart = reset === 'ForceRestart' || reset === 'GracefulRestart';
    if (restart) this.#land('Off');
    if (this.machine.power === wanted) return;
    this.#pending?.cancel();
    const [least, most] = powerDelaySeconds;
    const landsAt = this.#options.clock.now() + this.#options.random.between(least * 1000, most * 1000);
    this.#pending = this.#options.clock.schedule(landsAt, () => {
      this.#pending = undefined;
      this.#land(wanted);
    });
  }

  #land(power: 'On' | 'Off'): void {
    if (this.machine.power === power) return;
    this.#lastResetAt = this.#options.clock.now();
    if (power === 'Off') {
      this.machine.powerOff();
      return;
    }
    const fromNetwork = this.#bootTarget === 'Pxe' || this.#bootTarget === 'UefiHttp';
    if (this.#bootOnce) this.bootFrom('Hdd', false);
    this.machine.powerOn(fromNetwork ? this.#options.networkImage : undefined);
  }
}
