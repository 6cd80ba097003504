import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { MachineFault } from '../world/machines/fault.js';
import type { Fleet } from '../world/machines/fleet.js';
import type { Machine } from '../world/machines/machine.js';
import type { WorldRandom } from '../world/random.js';
import { clusterName } from './copy-configuration.js';
import type { Tally } from './tally.js';

type Kind = Pick<MachineFault, 'type' | 'needs' | 'condition'>;

/** A reboot, a restart of a component, and a person with a screwdriver. Conditions are seen by the detector as well. */
const kinds: readonly Kind[] = [
  {
    type: 'KernelDeadlock',
    needs: 'reboot',
    condition: { type: 'KernelDeadlock', reason: 'TaskHung', message: 'task docker:20744 blocked' },
  },
  { type: 'KernelDeadlock', needs: 'reboot' },
  {
    type: 'RuntimeUnhealthy',
    needs: 'restart-container-runtime',
    condition: {
      type: 'ContainerRuntimeUnhealthy',
      reason: 'ContainerdUnhealthy',
      message: 'containerd does not answer',
    },
  },
  { type: 'DiskFailure', needs: 'technician' },
];

const repairMs = 3_000;
const answerMs = 5_000;
const againAfterMs = 250;

export interface FaultFeedOptions {
  readonly fleet: Fleet;
  readonly random: WorldRandom;
  /** Of all copies of intake. */
  readonly intakes: readonly string[];
  /** Gets a line for each report that was acknowledged. */
  readonly ledger: string;
  readonly everyMs: number;
  readonly tally: Tally;
}

/** Machines fail, and the agent on each tells intake of it until a copy has acknowledged that. */
export class FaultFeed {
  readonly #options: FaultFeedOptions;
  readonly #telling = new Set<Promise<unknown>>();
  #count = 0;

  constructor(options: FaultFeedOptions) {
    this.#options = options;
  }

  /** Faults come until `signal` aborts. Resolves when each of them has been acknowledged. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#track(this.#fail());
      await pause(this.#options.everyMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.#telling);
  }

  /** One more fault, told to one copy of intake. False: that copy did not acknowledge it in time. */
  async failTelling(intake: string, patienceMs: number): Promise<boolean> {
    const deadline = Date.now() + patienceMs;
    const { machine, fault } = this.#nextFault();
    while (Date.now() < deadline) {
      if (await this.#tell(intake, machine, fault)) return true;
      await pause(againAfterMs);
    }
    // The machine has failed all the same: its agent goes on telling, as any other.
    this.#track(this.#tellUntilHeard(machine, fault));
    return false;
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#telling.delete(tracked));
    this.#telling.add(tracked);
  }

  #fail(): Promise<void> {
    const { machine, fault } = this.#nextFault();
    return this.#tellUntilHeard(machine, fault);
  }

  #nextFault(): { readonly machine: Machine; readonly fault: MachineFault } {
    const { fleet, random } = this.#options;
    const { machines } = fleet;
    const well = machines.filter(({ state, faults }) => state === 'running' && faults.length === 0);
    const candidates = well.length > 0 ? well : machines;
    const machine = candidates[random.between(0, candidates.length - 1)];
    const kind = kinds[random.between(0, kinds.length - 1)];
    if (machine === undefined || kind === undefined)
      throw new RangeError('no machines, or no kinds of faults');
    this.#count += 1;
    const fault = { effect: 'none', repairMs, ...kind, id: `chaos-${this.#count}` } as const;
    machine.showFault(fault);
    return { machine, fault };
  }

  async #tellUntilHeard(machine: Machine, fault: MachineFault): Promise<void> {
    const { intakes, random } = this.#options;
    let copy = random.between(0, intakes.length - 1);
    while (!(await this.#tell(intakes[copy % intakes.length] ?? '', machine, fault))) {
      copy += 1;
      await pause(againAfterMs);
    }
  }

  /** Whether it was acknowledged. Not heard is not refused: it may have been taken all the same. */
  async #tell(intake: string, machine: Machine, fault: MachineFault): Promise<boolean> {
    const report = {
      cluster: clusterName,
      node: machine.name,
      type: fault.type,
      status: 'firing',
      source: 'agent',
      bootId: machine.bootId,
      message: fault.id,
    };
    try {
      const answer = await fetch(`${intake}/v1/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(report),
        signal: AbortSignal.timeout(answerMs),
      });
      if (answer.status !== 202) return false;
      const { accepted } = (await answer.json()) as { accepted: readonly string[] };
      for (const reportId of accepted) this.#note({ reportId, at: Date.now(), node: machine.name });
      this.#options.tally.faults += 1;
      return true;
    } catch {
      return false;
    }
  }

  #note(line: object): void {
    appendFileSync(this.#options.ledger, `${JSON.stringify(line)}\n`);
  }
}
