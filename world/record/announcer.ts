import type { WorldClock } from '../clock.js';
import type { Machine } from '../machines/machine.js';
import { alertmanagerBody } from './announcement-body.js';
import type { IntakeSender } from './intake-sender.js';
import type { LedgerEntry } from './ledger-entry.js';

export interface AnnouncerOptions {
  readonly cluster: string;
  readonly clock: WorldClock;
  readonly sender: Pick<IntakeSender, 'post'>;
}

/** Name under which the agent on each node reports. */
export const agentName = 'node-agent';

/**
 * Tells intake what agents and monitoring see. An agent speaks only while its machine runs, so what shows or ends on a
 * machine that is down is told after the next boot. A type is told to be cleared when nothing of it is left.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  /** The agents' counters, which begin anew with each boot. */
  readonly #counters = new Map<string, { readonly bootId: string; sequence: number }>();
  /** Told to be firing and not yet to be cleared, per machine. */
  readonly #open = new Map<string, Set<LedgerEntry>>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** A fault is on the machine: it showed right now, or it outlived a boot. */
  firing(machine: Machine, entry: LedgerEntry): void {
    const { announcement } = entry.kind;
    const running = machine.state === 'running';
    if (running || announcement.by === 'alert' || entry.kind.effect === 'halts') entry.seen = true;
    switch (announcement.by) {
      case 'alert':
        break;
      case 'agent':
      case 'kernel-log':
        if (!running) return;
        break;
      case 'condition':
      case 'silence':
        return;
    }
    this.#openOn(machine).add(entry);
    this.#tell(machine, entry, 'firing');
  }

  ended(machine: Machine, entry: LedgerEntry): void {
    if (machine.state === 'running') this.#tellCleared(machine, entry.kind.type);
  }

  booted(machine: Machine): void {
    for (const type of new Set([...this.#openOn(machine)].map((entry) => entry.kind.type))) {
      this.#tellCleared(machine, type);
    }
  }

  /** One telling per way in which it was told; monitoring and agent each end their own. */
  #tellCleared(machine: Machine, type: string): void {
    if (machine.faults.some((fault) => fault.type === type)) return;
    const open = this.#openOn(machine);
    const told = new Set<unknown>();
    for (const entry of [...open].filter((candidate) => candidate.kind.type === type)) {
      open.delete(entry);
      if (!told.has(entry.kind)) this.#tell(machine, entry, 'cleared');
      told.add(entry.kind);
    }
  }

  #openOn(machine: Machine): Set<LedgerEntry> {
    const known = this.#open.get(machine.name);
    if (known !== undefined) return known;
    const open = new Set<LedgerEntry>();
    this.#open.set(machine.name, open);
    return open;
  }

  #tell(machine: Machine, entry: LedgerEntry, status: 'firing' | 'cleared'): void {
    const { cluster, clock, sender } = this.#options;
    const { announcement, type } = entry.kind;
    const node = machine.name;
    const now = clock.now();
    if (announcement.by === 'alert') {
      const onAnswer = entry.posted({ kind: 'alert', status, postedAt: now });
      const { alertName, summary } = announcement;
      const endedAt = status === 'cleared' ? now : undefined;
      const startedAt = entry.shownAt ?? now;
      const alert = { alertName, summary, faultType: type, cluster, node, startedAt, endedAt };
      sender.post({ node, path: '/v1/alertmanager', body: alertmanagerBody(alert), onAnswer });
      return;
    }
    const onAnswer = entry.posted({ kind: 'report', status, postedAt: now });
    const message = status === 'cleared' ? 'all checks pass' : firingMessage(entry);
    const observed = {
      bootId: machine.bootId,
      sequence: this.#nextSequence(machine),
      observedAt: new Date(now).toISOString(),
    };
    const body = { cluster, node, type, status, source: agentName, ...observed, message };
    sender.post({ node, path: '/v1/reports', body, onAnswer });
  }

  #nextSequence(machine: Machine): number {
    const { bootId } = machine;
    const known = this.#counters.get(machine.name);
    const counter = known?.bootId === bootId ? known : { bootId, sequence: 0 };
    this.#counters.set(machine.name, counter);
    counter.sequence++;
    return counter.sequence;
  }
}

function firingMessage({ kind: { announcement } }: LedgerEntry): string {
  switch (announcement.by) {
    case 'kernel-log':
      return announcement.lines.join('\n');
    case 'agent':
    case 'condition':
      return announcement.message;
    case 'alert':
      return announcement.summary;
    case 'silence':
      return '';
  }
}
