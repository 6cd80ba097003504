import { setTimeout as pause } from 'node:timers/promises';

import type { LogWatch } from '../../adapters/event-log/log-watch.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { FigureReader } from '../../adapters/ports/figures.js';
import type { FigureMetrics } from '../../adapters/prometheus/figure-metrics.js';

/** However often somebody scrapes: journal and log are counted at most this often by one process. */
const countEveryMs = 5_000;
/** A scrape waits no longer for a count that is slow: it gets what was counted before. */
const patienceMs = 3_000;

interface ShownFiguresOptions {
  readonly reader: FigureReader;
  readonly watch: LogWatch;
  readonly metrics: FigureMetrics;
  /** Of the installation, in whose time everything is journaled. */
  readonly clock: Pick<Clock, 'now'>;
  readonly onTrouble: (error: unknown) => void;
}

/** Keeps the gauges of journal and log young enough for whoever looks. */
export class ShownFigures {
  readonly #options: ShownFiguresOptions;
  /** Real time; the installation's may jump. */
  #countedAt: number | undefined;
  #counting: Promise<void> | undefined;

  constructor(options: ShownFiguresOptions) {
    this.#options = options;
  }

  /** Resolves when the gauges are young, or can't be had in a while. Never rejects. */
  async refresh(): Promise<void> {
    const isYoung = this.#countedAt !== undefined && performance.now() - this.#countedAt < countEveryMs;
    if (isYoung) return;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
    const over = new AbortController();
    const patience = pause(patienceMs, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([this.#counting, patience]);
    over.abort();
  }

  async #count(): Promise<void> {
    const { reader, watch, metrics, clock, onTrouble } = this.#options;
    const begun = performance.now();
    this.#countedAt = begun;
    try {
      const journal = await reader.read();
      const now = clock.now();
      const log = await watch.look(journal, now);
      metrics.show(journal, log, now, () => (performance.now() - begun) / 1000);
    } catch (error) {
      metrics.failed();
      onTrouble(error);
    }
  }
}
