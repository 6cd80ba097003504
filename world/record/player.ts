import type { ScheduledCall, WorldClock } from '../clock.js';
import type { MachineFault } from '../machines/fault.js';
import type { Fleet } from '../machines/fleet.js';
import type { Machine, MachineEvent } from '../machines/machine.js';
import { nodeNameOf } from '../machines/node-registration.js';
import type { WorldRandom } from '../random.js';
import { Announcer } from './announcer.js';
import { type FaultKind, faultKinds } from './fault-kind.js';
import type { IntakeSender } from './intake-sender.js';
import { LedgerEntry } from './ledger-entry.js';
import type { PlayedRow } from './played-row.js';
import type { RecordRow } from './row.js';

export interface PlayerOptions {
  readonly fleet: Fleet;
  /** Name under which the fleet's cluster is reported. */
  readonly cluster: string;
  /** Sorted by start. */
  readonly rows: readonly RecordRow[];
  readonly clock: WorldClock;
  readonly random: WorldRandom;
  readonly sender: Pick<IntakeSender, 'post'>;
  /** When the first row starts, on the clock; the others follow at the record's distances. */
  readonly startAt: number;
  /** Part of the faults that go away by themselves within minutes. 0.05, if not given. */
  readonly selfClearing?: number;
}

const minute = 60_000;
/** A fault that goes away by itself does so within this time, or its repair's if that is shorter. */
const longestSelfClearing = 15 * minute;

/**
 * Plays a failure record on a fleet: at its start a row's fault shows on the machine and is announced as its kind says;
 * the fault stays until a remedy fixes it or it fades. Machines and rows keep their own chance, so the same seed makes
 * the same faults fade, whatever is done about others.
 */
export class RecordPlayer {
  readonly #options: PlayerOptions;
  readonly #announcer: Announcer;
  readonly #entries: readonly LedgerEntry[];
  readonly #byFault = new Map<string, LedgerEntry>();
  #played = 0;
  #next: ScheduledCall | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#announcer = new Announcer(options);
    this.#entries = options.rows.map(
      (row) => new LedgerEntry(row, nodeNameOf(row.node), faultKinds[row.kind]),
    );
  }

  /** Every row, in order of start, as it stands now. */
  get ledger(): readonly PlayedRow[] {
    return this.#entries.map((entry) => entry.snapshot());
  }

  /** Rows whose fault has shown. */
  get played(): number {
    return this.#played;
  }

  /** Every row has shown and none is on a machine any more. */
  get finished(): boolean {
    return this.#played === this.#entries.length && this.#byFault.size === 0;
  }

  /** Call it once, after the fleet was started. */
  start(): void {
    for (const machine of this.#options.fleet.machines) {
      machine.listen((event) => {
        this.#follow(machine, event);
      });
    }
    this.#scheduleNext();
  }

  /** No further row shows. */
  stop(): void {
    this.#next?.cancel();
  }

  /** One row at a time: four thousand timers would slow down every other one. */
  #scheduleNext(): void {
    const entry = this.#entries[this.#played];
    const first = this.#entries[0];
    if (entry === undefined || first === undefined) return;
    const at = this.#options.startAt + entry.row.startedAt - first.row.startedAt;
    this.#next = this.#options.clock.schedule(at, () => {
      this.#played++;
      this.#show(entry);
      this.#scheduleNext();
    });
  }

  #show(entry: LedgerEntry): void {
    const { fleet, clock, random, selfClearing } = this.#options;
    const machine = fleet.machine(entry.machine);
    if (machine === undefined)
      throw new RangeError(`line ${entry.row.line}: no machine ${entry.machine} in the fleet`);
    const fault = faultOf(entry);
    entry.shownAt = clock.now();
    this.#byFault.set(fault.id, entry);
    const chance = random.fork(`row/${entry.row.line}`);
    const fades = chance.chance(selfClearing ?? 0.05);
    const lastsMs = chance.between(minute, Math.max(minute, Math.min(longestSelfClearing, fault.repairMs)));
    machine.showFault(fault);
    if (!fades) return;
    clock.schedule(clock.now() + lastsMs, () => machine.fadeFault(fault.id));
  }

  #follow(machine: Machine, event: MachineEvent): void {
    switch (event.kind) {
      case 'fault-shown':
        this.#announce(machine, [event.fault]);
        break;
      case 'fault-ended':
        this.#end(machine, event.fault, event.by);
        break;
      case 'booted':
        this.#announcer.booted(machine);
        this.#announce(machine, machine.faults);
        break;
      case 'power-changed':
      case 'halted':
      case 'installed':
      case 'kernel-log':
      case 'kubelet-changed':
        break;
    }
  }

  #announce(machine: Machine, faults: readonly MachineFault[]): void {
    for (const fault of faults) {
      const entry = this.#byFault.get(fault.id);
      if (entry !== undefined) this.#announcer.firing(machine, entry);
    }
  }

  #end(machine: Machine, fault: MachineFault, by: NonNullable<PlayedRow['endedBy']>): void {
    const entry = this.#byFault.get(fault.id);
    if (entry === undefined) return;
    this.#byFault.delete(fault.id);
    entry.endedAt = this.#options.clock.now();
    entry.endedBy = by;
    this.#announcer.ended(machine, entry);
  }
}

function faultOf({ row, kind }: LedgerEntry): MachineFault {
  return {
    id: `line-${row.line}`,
    type: kind.type,
    needs: kind.needs,
    effect: kind.effect,
    repairMs: Math.max(minute, row.fixedAt - row.startedAt),
    ...shownAs(kind),
  };
}

function shownAs({ announcement }: FaultKind): Pick<MachineFault, 'condition' | 'kernelLog'> {
  switch (announcement.by) {
    case 'condition': {
      const { condition: type, reason, message, lines } = announcement;
      return { condition: { type, reason, message }, kernelLog: lines };
    }
    case 'kernel-log':
      return { kernelLog: announcement.lines };
    case 'agent':
    case 'alert':
    case 'silence':
      return {};
  }
}
