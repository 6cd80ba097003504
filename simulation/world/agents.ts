import type { Defect, Machine } from './machine.js';
import type { Senders } from './senders.js';
import { clusterName, type Site } from './site.js';

/** Time in which an agent notices, ms. */
const noticeMs = 5_000;

/** The agents on the machines: each tells of the defects that no node condition shows, once per boot, and of their end. */
export class Agents {
  readonly #senders: Senders;
  /** Defects told of and not yet cleared, per machine. */
  readonly #told = new Map<string, Map<string, string>>();
  #sequence = 0;

  constructor(site: Site, machines: readonly Machine[], senders: Senders) {
    this.#senders = senders;
    for (const machine of machines) {
      const state = machine.onChange;
      machine.onChange = () => {
        state();
        site.agenda.after(noticeMs, () => {
          this.#look(machine);
        });
      };
    }
  }

  /** Says again what it said before, or says what is no longer so: an agent that restarted without its memory. */
  report(node: string, type: string, status: 'firing' | 'cleared', bootId: string | undefined): void {
    this.#sequence += 1;
    const said = { cluster: clusterName, node, type, status, source: 'agent', sequence: this.#sequence };
    const body = { ...said, ...(bootId === undefined ? {} : { bootId }) };
    this.#senders.post({ node, path: '/v1/reports', body, onAnswer: () => undefined });
  }

  #look(machine: Machine): void {
    if (!machine.running) return;
    const told = this.#told.get(machine.name) ?? new Map<string, string>();
    this.#told.set(machine.name, told);
    const present = new Set(machine.defects.filter(isHidden).map(({ type }) => type));
    for (const type of present) {
      if (told.get(type) === machine.bootId) continue;
      told.set(type, machine.bootId);
      this.report(machine.name, type, 'firing', machine.bootId);
    }
    for (const type of [...told.keys()]) {
      if (present.has(type)) continue;
      told.delete(type);
      this.report(machine.name, type, 'cleared', machine.bootId);
    }
  }
}

function isHidden({ condition }: Defect): boolean {
  return condition === undefined;
}
