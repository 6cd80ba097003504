import { describe, expect, it } from 'vitest';
import type { Need } from '../../../world/machines/fault.js';
import { type Machine, wrongImage } from '../../../world/machines/machine.js';
import { buildFault, buildMachine, hour } from '../build-machine.js';
import type { VirtualClock } from '../virtual-clock.js';

function reboot(machine: Machine, clock: VirtualClock): void {
  machine.powerOff();
  machine.powerOn();
  clock.advance(hour);
}

describe('power', () => {
  it('off silences the kubelet at once, on brings another boot id and then the kubelet', () => {
    const { machine, clock, events } = buildMachine();
    const before = machine.bootId;
    machine.powerOff();
    expect([machine.power, machine.kubeletAlive]).toEqual(['Off', false]);
    machine.powerOn();
    expect([machine.power, machine.state, machine.kubeletAlive]).toEqual(['On', 'booting', false]);
    expect(machine.bootId).toBe(before);
    clock.advance(hour);
    expect([machine.state, machine.kubeletAlive]).toEqual(['running', true]);
    expect(machine.bootId).not.toBe(before);
    expect(events.map((event) => event.kind)).toEqual([
      'power-changed',
      'kubelet-changed',
      'power-changed',
      'booted',
      'kubelet-changed',
    ]);
  });

  it('off during a boot ends that boot', () => {
    const { machine, clock } = buildMachine();
    machine.powerOff();
    machine.powerOn();
    machine.powerOff();
    clock.advance(hour);
    expect(machine.state).toBe('off');
  });

  it('on for a machine that is on does nothing', () => {
    const { machine, events } = buildMachine();
    machine.powerOn();
    expect(events).toEqual([]);
  });
});

describe('what fixes a fault', () => {
  const acts: Record<string, (machine: Machine, clock: VirtualClock) => void> = {
    'restart of the kubelet': (machine) => machine.restartComponent('kubelet'),
    'restart of the container runtime': (machine) => machine.restartComponent('container-runtime'),
    reboot,
    installation: (machine, clock) => {
      machine.reinstall('Faultline OS 2');
      clock.advance(hour);
    },
    technician: (machine) => {
      machine.repair();
    },
  };
  const fixedBy: Record<Need, readonly string[]> = {
    'restart-kubelet': ['restart of the kubelet', 'reboot', 'installation', 'technician'],
    'restart-container-runtime': ['restart of the container runtime', 'reboot', 'installation', 'technician'],
    reboot: ['reboot', 'installation', 'technician'],
    reimage: ['installation', 'technician'],
    technician: ['technician'],
  };
  const cases = Object.entries(fixedBy).flatMap(([needs, by]) =>
    Object.keys(acts).map((act) => ({ needs, act, fixed: by.includes(act) })),
  );
  it.each(cases)('$act on what needs $needs: fixed is $fixed', ({ needs, act, fixed }) => {
    const { machine, clock } = buildMachine();
    const need = Object.keys(fixedBy).find((candidate): candidate is Need => candidate === needs);
    machine.showFault(buildFault({ needs: need ?? 'reboot' }));
    acts[act]?.(machine, clock);
    expect(machine.faults).toHaveLength(fixed ? 0 : 1);
    expect(machine.kubeletAlive).toBe(true);
  });
});

describe('a fault', () => {
  it('that survives a boot writes its lines again under the new boot', () => {
    const { machine, clock, events } = buildMachine();
    machine.showFault(buildFault({ kernelLog: ['mce: broken'] }));
    reboot(machine, clock);
    expect(events.filter((event) => event.kind === 'kernel-log')).toHaveLength(2);
  });

  it('that halts the machine keeps it from booting until a technician was there', () => {
    const { machine, clock } = buildMachine();
    machine.showFault(buildFault({ effect: 'halts' }));
    expect([machine.state, machine.kubeletAlive]).toEqual(['halted', false]);
    reboot(machine, clock);
    expect(machine.state).toBe('halted');
    machine.repair();
    clock.advance(hour);
    expect([machine.state, machine.kubeletAlive]).toEqual(['running', true]);
  });

  it('mended while the power is off does not switch the machine on', () => {
    const { machine, clock } = buildMachine();
    machine.showFault(buildFault({ effect: 'halts' }));
    machine.powerOff();
    machine.repair();
    clock.advance(hour);
    expect(machine.state).toBe('off');
  });

  it('that stops the kubelet leaves the machine running', () => {
    const { machine } = buildMachine();
    machine.showFault(buildFault({ needs: 'restart-kubelet', effect: 'stops-kubelet' }));
    expect([machine.state, machine.kubeletAlive]).toEqual(['running', false]);
    expect(machine.restartComponent('kubelet')).toBe(true);
    expect(machine.kubeletAlive).toBe(true);
  });

  it('fades once, and a machine that it had halted starts anew', () => {
    const { machine, clock } = buildMachine();
    machine.showFault(buildFault({ effect: 'halts' }));
    expect(machine.fadeFault('fault-1')).toBe(true);
    expect(machine.fadeFault('fault-1')).toBe(false);
    clock.advance(hour);
    expect(machine.state).toBe('running');
  });
});

describe('a boot that goes wrong', () => {
  it('leaves the machine dead until a technician was there', () => {
    const { machine, clock } = buildMachine();
    machine.spoilNextBoot('stays-dead');
    reboot(machine, clock);
    expect([machine.power, machine.state]).toEqual(['On', 'halted']);
    reboot(machine, clock);
    expect(machine.state).toBe('halted');
    machine.repair();
    clock.advance(hour);
    expect(machine.state).toBe('running');
  });

  it('brings a wrong image', () => {
    const { machine, clock } = buildMachine();
    machine.spoilNextBoot('wrong-image');
    machine.reinstall('Faultline OS 2');
    clock.advance(hour);
    expect(machine.image).toBe(wrongImage);
  });

  it('brings another Node object, once', () => {
    const { machine, clock, events } = buildMachine();
    machine.spoilNextBoot('other-node-uid');
    reboot(machine, clock);
    reboot(machine, clock);
    expect(events.flatMap((event) => (event.kind === 'booted' ? [event.nodeRecreated] : []))).toEqual([
      true,
      false,
    ]);
  });
});

describe('a component', () => {
  it('of a machine that does not run cannot be restarted', () => {
    const { machine } = buildMachine();
    machine.powerOff();
    expect(machine.restartComponent('kubelet')).toBe(false);
  });
});
