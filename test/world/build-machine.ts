import type { MachineFault } from '../../world/machines/fault.js';
import { Machine, type MachineEvent } from '../../world/machines/machine.js';
import { seededRandom } from '../../world/random.js';
import { VirtualClock } from './virtual-clock.js';

export const minute = 60_000;
export const hour = 60 * minute;

/** A running machine with its clock, and all that it told since it runs. */
export function buildMachine(name = 'node-0000'): {
  clock: VirtualClock;
  machine: Machine;
  events: MachineEvent[];
} {
  const clock = new VirtualClock();
  const machine = new Machine({
    name,
    image: 'Faultline OS 1',
    clock,
    random: seededRandom('test').fork(name),
    bootMs: [minute, 4 * minute],
    installMs: [10 * minute, 20 * minute],
  });
  machine.startRunning();
  const events: MachineEvent[] = [];
  machine.listen((event) => events.push(event));
  return { clock, machine, events };
}

export function buildFault(fault: Partial<MachineFault> = {}): MachineFault {
  return {
    id: 'fault-1',
    type: 'CpuFailure',
    needs: 'technician',
    repairMs: 2 * hour,
    effect: 'none',
    ...fault,
  };
}
