import type { ScheduledCall, WorldClock } from '../clock.js';
import type { WorldRandom } from '../random.js';
import { fixesFault, type MachineFault, type Remedy } from './fault.js';

/** off -> booting -> running; `halted`: power is on and nothing runs (crashed, or never came up). */
export type MachineState = 'off' | 'booting' | 'running' | 'halted';

/** What goes wrong with the next boot, once. `stays-dead` lasts until a technician has been there. */
export type BootMishap = 'stays-dead' | 'wrong-image' | 'other-node-uid';

export type MachineEvent =
  | { readonly kind: 'power-changed'; readonly power: 'On' | 'Off' }
  | {
      readonly kind: 'booted';
      readonly bootId: string;
      readonly image: string;
      readonly nodeRecreated: boolean;
    }
  | { readonly kind: 'halted' }
  | { readonly kind: 'kubelet-changed'; readonly alive: boolean }
  | { readonly kind: 'fault-shown'; readonly fault: MachineFault }
  | { readonly kind: 'fault-ended'; readonly fault: MachineFault; readonly by: Remedy | 'itself' }
  | { readonly kind: 'installed'; readonly image: string }
  | { readonly kind: 'kernel-log'; readonly line: string };

export interface MachineOptions {
  /** Node name. */
  readonly name: string;
  readonly image: string;
  readonly clock: WorldClock;
  /** The board's own identity (the one its BMC states). Drawn, if not given. */
  readonly systemUuid?: string;
  /** A stream of this machine's own. */
  readonly random: WorldRandom;
  /** Bounds of a boot and of an installation (boot included), ms. */
  readonly bootMs: readonly [number, number];
  readonly installMs: readonly [number, number];
}

export const wrongImage = 'Rescue System 0.1';

/**
 * One machine: power, boots, image, and what is wrong with it. It knows nothing of Kubernetes or Redfish; who wants
 * to know what happens listens. Listeners are called synchronously, after the state has changed.
 */
export class Machine {
  readonly name: string;
  /** Survives every repair. */
  readonly systemUuid: string;
  readonly #options: MachineOptions;
  readonly #faults = new Map<string, MachineFault>();
  readonly #listeners = new Set<(event: MachineEvent) => void>();
  #state: MachineState = 'off';
  #bootId: string;
  #image: string;
  #kubeletAlive = false;
  #dead = false;
  #mishap: BootMishap | undefined;
  #boot: ScheduledCall | undefined;

  /** Starts off; `startRunning` skips the first boot. */
  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.name;
    this.systemUuid = options.systemUuid ?? options.random.fork('system').uuid();
    this.#image = options.image;
    this.#bootId = options.random.uuid();
  }

  get state(): MachineState {
    return this.#state;
  }

  get power(): 'On' | 'Off' {
    return this.#state === 'off' ? 'Off' : 'On';
  }

  /** Of the last completed boot. */
  get bootId(): string {
    return this.#bootId;
  }

  get image(): string {
    return this.#image;
  }

  /** Heartbeats go out. */
  get kubeletAlive(): boolean {
    return this.#kubeletAlive;
  }

  /** In order of appearance. */
  get faults(): readonly MachineFault[] {
    return [...this.#faults.values()];
  }

  /** Returns what ends it. */
  listen(listener: (event: MachineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Up at once, as a machine is that ran before the story begins. */
  startRunning(): void {
    if (this.#state !== 'off') return;
    this.#finishBoot();
  }

  /** Nothing happens to a machine that is on. `installImage`: boots from the network and installs that first. */
  powerOn(installImage?: string): void {
    if (this.#state !== 'off') return;
    this.#beginBoot(installImage);
    this.#tell({ kind: 'power-changed', power: 'On' });
  }

  /** At once, whatever runs. Nothing happens to a machine that is off. */
  powerOff(): void {
    if (this.#state === 'off') return;
    this.#boot?.cancel();
    this.#boot = undefined;
    this.#state = 'off';
    this.#tell({ kind: 'power-changed', power: 'Off' });
    this.#settleKubelet();
  }

  /** Installs an image from the network, whatever state the machine is in; `installed` tells of success. */
  reinstall(image: string): void {
    const wasOff = this.#state === 'off';
    this.#boot?.cancel();
    this.#beginBoot(image);
    if (wasOff) this.#tell({ kind: 'power-changed', power: 'On' });
    this.#settleKubelet();
  }

  /** A component is started anew. False: nothing runs that could be asked to. */
  restartComponent(component: 'kubelet' | 'container-runtime'): boolean {
    if (this.#state !== 'running') return false;
    this.#remedy(`restart-${component}`);
    this.#settleKubelet();
    return true;
  }

  /** A technician is done: everything is mended; a machine that had halted is started, one that is off stays off. */
  repair(): void {
    this.#dead = false;
    this.#remedy('technician');
    if (this.#state === 'halted') this.#beginBoot(undefined);
    this.#settleKubelet();
  }

  /** A fault shows. The same id twice is ignored. */
  showFault(fault: MachineFault): void {
    if (this.#faults.has(fault.id)) return;
    this.#faults.set(fault.id, fault);
    if (this.#state === 'running') this.#writeKernelLog(fault);
    this.#tell({ kind: 'fault-shown', fault });
    if (fault.effect === 'halts' && this.#state === 'running') this.#halt();
    this.#settleKubelet();
  }

  /** A fault goes away by itself. False: it was gone already. A machine that it had halted starts anew. */
  fadeFault(id: string): boolean {
    const fault = this.#faults.get(id);
    if (fault === undefined) return false;
    this.#end(fault, 'itself');
    if (this.#state === 'halted' && !this.#mustHalt('reboot')) this.#beginBoot(undefined);
    this.#settleKubelet();
    return true;
  }

  /** Arranges what goes wrong with the next boot. */
  spoilNextBoot(mishap: BootMishap): void {
    this.#mishap = mishap;
  }

  #beginBoot(installImage: string | undefined): void {
    const [least, most] = installImage === undefined ? this.#options.bootMs : this.#options.installMs;
    this.#state = 'booting';
    const readyAt = this.#options.clock.now() + this.#options.random.between(least, most);
    this.#boot = this.#options.clock.schedule(readyAt, () => {
      this.#boot = undefined;
      this.#finishBoot(installImage);
    });
  }

  #finishBoot(installImage?: string): void {
    const mishap = this.#mishap;
    this.#mishap = undefined;
    if (mishap === 'stays-dead') this.#dead = true;
    const remedy = installImage === undefined ? 'reboot' : 'reimage';
    if (this.#mustHalt(remedy)) {
      this.#halt();
      return;
    }
    this.#bootId = this.#options.random.uuid();
    if (installImage !== undefined) this.#image = installImage;
    if (mishap === 'wrong-image') this.#image = wrongImage;
    this.#state = 'running';
    this.#remedy(remedy);
    this.#tell({
      kind: 'booted',
      bootId: this.#bootId,
      image: this.#image,
      nodeRecreated: mishap === 'other-node-uid',
    });
    for (const fault of this.#faults.values()) this.#writeKernelLog(fault);
    if (installImage !== undefined) this.#tell({ kind: 'installed', image: this.#image });
    this.#settleKubelet();
  }

  #halt(): void {
    this.#state = 'halted';
    this.#tell({ kind: 'halted' });
    this.#settleKubelet();
  }

  /** What this boot mends can't stop it; all else that halts a machine does. */
  #mustHalt(boot: 'reboot' | 'reimage'): boolean {
    if (this.#dead) return true;
    return this.faults.some((fault) => fault.effect === 'halts' && !fixesFault(boot, fault));
  }

  #remedy(remedy: Remedy): void {
    for (const fault of this.faults) {
      if (fixesFault(remedy, fault)) this.#end(fault, remedy);
    }
  }

  #end(fault: MachineFault, by: Remedy | 'itself'): void {
    this.#faults.delete(fault.id);
    this.#tell({ kind: 'fault-ended', fault, by });
  }

  #settleKubelet(): void {
    const stopped = this.faults.some((fault) => fault.effect === 'stops-kubelet');
    const alive = this.#state === 'running' && !stopped;
    if (alive === this.#kubeletAlive) return;
    this.#kubeletAlive = alive;
    this.#tell({ kind: 'kubelet-changed', alive });
  }

  #writeKernelLog(fault: MachineFault): void {
    for (const line of fault.kernelLog ?? []) this.#tell({ kind: 'kernel-log', line });
  }

  #tell(event: MachineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
