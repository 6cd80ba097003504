import type { NodeName, ReportId } from '../../domain/identifiers.js';
import type { Report } from '../../domain/report.js';
import type { Defect, Machine } from './machine.js';
import { clusterName, type Site } from './site.js';

/** Hands a report in. */
export type HandIn = (report: Report) => void;

/** Time in which an agent notices, ms. */
const noticeMs = 5_000;

/** The agents on the machines: each tells of the defects that no node condition shows, once per boot, and of their end. */
export class Agents {
  readonly #site: Site;
  readonly #handIn: HandIn;
  /** Defects told of and not yet cleared, per machine. */
  readonly #told = new Map<string, Map<string, string>>();
  #sequence = 0;

  constructor(site: Site, machines: readonly Machine[], handIn: HandIn) {
    this.#site = site;
    this.#handIn = handIn;
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
  report(node: string, type: string, status: Report['status'], bootId: string | undefined): void {
    this.#sequence += 1;
    this.#handIn({
      id: this.#site.random.uuid() as ReportId,
      cluster: clusterName,
      node: node as NodeName,
      type,
      status,
      source: 'agent',
      sequence: this.#sequence,
      ...(bootId === undefined ? {} : { bootId: bootId as Report['bootId'] & string }),
    });
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
