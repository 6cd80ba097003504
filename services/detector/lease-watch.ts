import type { DetectorOptions } from './detector.js';
import type { Sighting } from './sighting.js';
import { compareLeases, type LeaseSaying } from './stale-leases.js';

/** Reports leases that go stale and are renewed again. */
export class LeaseWatch {
  readonly #options: DetectorOptions;
  readonly #seen: ReadonlyMap<string, Sighting>;
  readonly #said = new Map<string, LeaseSaying>();

  /** @param seen the nodes as they are known now, by name */
  constructor(options: DetectorOptions, seen: ReadonlyMap<string, Sighting>) {
    this.#options = options;
    this.#seen = seen;
  }

  /** What was said counts for nothing: it is said again, under the same ids. */
  forget(): void {
    this.#said.clear();
  }

  /** One look at all leases. What the log did not take is looked at anew next time: by then it may be renewed. */
  async look(staleMs: number): Promise<void> {
    const { cluster, clusterName, settings, clock, emitReport, log } = this.#options;
    const leases = await cluster.listNodeLeases();
    if (leases.kind !== 'ok') return;
    const context = { cluster: clusterName, source: settings.source, staleMs, now: clock.now() };
    for (const name of this.#said.keys()) if (!this.#seen.has(name)) this.#said.delete(name);
    for (const [name, report] of compareLeases(context, leases.value, this.#seen, this.#said)) {
      this.#said.set(name, 'asked');
      try {
        await emitReport(report);
      } catch (error) {
        log.warn({ error }, 'a report about a lease could not be passed on; leases are looked at again');
        return;
      }
      if (report.status === 'firing') this.#said.set(name, 'said');
      else this.#said.delete(name);
    }
  }
}
