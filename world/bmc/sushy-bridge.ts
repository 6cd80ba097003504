import { Agent, request } from 'undici';
import type { ScheduledCall, WorldClock } from '../clock.js';
import type { Machine } from '../machines/machine.js';

export interface SushyBridgeOptions {
  /** Of a Redfish service whose power states lead, `http://127.0.0.1:8000`. */
  readonly baseUrl: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** By the name that the service gives its system. */
  readonly machineOf: (systemName: string) => Machine | undefined;
  readonly clock: WorldClock;
  /** Between two looks at all systems, ms; 500, if not given. */
  readonly pollMs?: number;
  /** What a boot with the override `Pxe` installs; without it such a boot is a plain one. */
  readonly networkImage?: string;
  /** Hears of every look that failed; the next one comes all the same. */
  readonly onTrouble?: (message: string) => void;
}

interface WatchedSystem {
  readonly path: string;
  readonly machine: Machine;
  power: 'On' | 'Off' | undefined;
}

const timeoutMs = 10_000;
const concurrency = 8;

/**
 * Lets the power states of a Redfish emulator drive machines: Off there is off here. The emulator lands a power change
 * only when somebody reads the system, so it is read again and again; an off and on between two looks (it takes at
 * least a second each) would be missed only if looks are further apart.
 */
export class SushyBridge {
  readonly #options: SushyBridgeOptions;
  readonly #agent = new Agent({ connections: concurrency });
  readonly #systems: WatchedSystem[] = [];
  #next: ScheduledCall | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: SushyBridgeOptions) {
    this.#options = options;
  }

  /**
   * Finds the systems and begins to watch; resolves after the first look at all of them. Rejects when the service can't
   * be read. A system without a machine is left alone.
   */
  static async start(options: SushyBridgeOptions): Promise<SushyBridge> {
    const bridge = new SushyBridge(options);
    try {
      await bridge.#find();
      await bridge.#lookAtAll();
    } catch (error) {
      await bridge.stop();
      throw error;
    }
    bridge.#schedule();
    return bridge;
  }

  /** Names of the machines that are driven. */
  get machines(): readonly string[] {
    return this.#systems.map((system) => system.machine.name);
  }

  async stop(): Promise<void> {
    this.#closed = true;
    this.#next?.cancel();
    await this.#agent.destroy();
    await this.#looking;
  }

  async #find(): Promise<void> {
    const collection = await this.#read('/redfish/v1/Systems');
    const members = collection['Members'];
    for (const member of Array.isArray(members) ? members.map(fieldsOf) : []) {
      const path = member['@odata.id'];
      if (typeof path !== 'string') continue;
      const { Name: name } = await this.#read(path);
      const machine = typeof name === 'string' ? this.#options.machineOf(name) : undefined;
      if (machine !== undefined) this.#systems.push({ path, machine, power: undefined });
    }
  }

  #schedule(): void {
    const { clock, pollMs, onTrouble } = this.#options;
    this.#next = clock.schedule(clock.now() + (pollMs ?? 500), () => {
      this.#looking = this.#lookAtAll()
        .catch((error: unknown) => {
          if (!this.#closed) onTrouble?.(String(error));
        })
        .finally(() => {
          if (!this.#closed) this.#schedule();
        });
    });
  }

  async #lookAtAll(): Promise<void> {
    for (let start = 0; start < this.#systems.length; start += concurrency) {
      await Promise.all(this.#systems.slice(start, start + concurrency).map((system) => this.#look(system)));
    }
  }

  async #look(system: WatchedSystem): Promise<void> {
    const { PowerState: power, Boot: boot } = await this.#read(system.path);
    if ((power !== 'On' && power !== 'Off') || power === system.power) return;
    system.power = power;
    if (power === 'Off') {
      system.machine.powerOff();
      return;
    }
    const fromNetwork = fieldsOf(boot)['BootSourceOverrideTarget'] === 'Pxe';
    system.machine.powerOn(fromNetwork ? this.#options.networkImage : undefined);
  }

  async #read(path: string): Promise<Readonly<Record<string, unknown>>> {
    const { baseUrl, credentials } = this.#options;
    const plain = credentials === undefined ? undefined : `${credentials.username}:${credentials.password}`;
    const answer = await request(new URL(path, baseUrl), {
      dispatcher: this.#agent,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      headers: plain === undefined ? {} : { authorization: `Basic ${Buffer.from(plain).toString('base64')}` },
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200)
      throw new Error(`GET ${baseUrl}${path}: ${answer.statusCode} ${text.slice(0, 200)}`);
    const body: unknown = JSON.parse(text);
    return fieldsOf(body);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
