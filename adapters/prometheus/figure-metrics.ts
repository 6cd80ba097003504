import { Counter, Gauge, type Registry } from 'prom-client';

import { pauseKinds, type JournalFigures, type LogFigures } from '../ports/figures.js';
import { figureGauges } from './figure-gauges.js';

type Seconds = (since: number) => number;

/**
 * What journal and log hold as a whole. Every copy that shows it shows the same, so it is never to be summed over
 * copies. Clusters that nobody configured stand together under one name: reports can name as many as they like.
 */
export class FigureMetrics {
  readonly #gauges: ReturnType<typeof figureGauges>;
  readonly #clusters: readonly string[];
  readonly #failures: Counter;
  /** Until something was counted the age is beyond any limit. */
  #age: () => number = () => Infinity;

  constructor(registry: Registry, clusters: readonly string[]) {
    this.#gauges = figureGauges(registry);
    this.#clusters = clusters;
    this.#failures = new Counter({
      name: 'faultline_figures_read_failures_total',
      help: 'Times that journal or log could not be counted; what was counted before is shown on.',
      registers: [registry],
    });
    const age = (): number => this.#age();
    new Gauge({
      name: 'faultline_figures_age_seconds',
      help: 'How long ago journal and log were counted.',
      registers: [registry],
      collect() {
        this.set(age());
      },
    });
  }

  /** Journal or log did not answer. */
  failed(): void {
    this.#failures.inc();
  }

  /** Replaces what was shown before. `now` in ms; `age` gives the seconds since then, whenever somebody looks. */
  show(journal: JournalFigures, log: LogFigures, now: number, age: () => number): void {
    this.#age = age;
    const seconds: Seconds = (since) => Math.max(0, now - since) / 1000;
    this.#showState(journal, seconds);
    this.#showProcesses(journal, seconds);
    this.#showWaits(journal, seconds);
    this.#showCommands(journal, seconds);
    this.#showPauses(journal, seconds);
    this.#showLog(log, seconds);
  }

  #named(cluster: string): string {
    return this.#clusters.includes(cluster) ? cluster : 'not-configured';
  }

  /** 0 for every configured cluster: an alert has to see that something is over, not that it vanished. */
  #zeros(): readonly { readonly labels: { readonly cluster: string }; readonly amount: number }[] {
    return this.#clusters.map((cluster) => ({ labels: { cluster }, amount: 0 }));
  }

  #showState(
    { epoch, logEpoch, paused, outbox, inventories, permits, archived }: JournalFigures,
    seconds: Seconds,
  ): void {
    const gauges = this.#gauges;
    gauges.epoch.replace([{ labels: {}, amount: epoch }]);
    gauges.logEpoch.replace([{ labels: {}, amount: logEpoch }]);
    gauges.paused.replace([{ labels: {}, amount: paused ? 1 : 0 }]);
    gauges.outboxEntries.replace([{ labels: {}, amount: outbox.unsent }]);
    const oldest = outbox.oldestAt === undefined ? 0 : seconds(outbox.oldestAt);
    gauges.outboxAge.replace([{ labels: {}, amount: oldest }]);
    gauges.archivedFacts.replace([{ labels: {}, amount: archived.facts }]);
    const { finishedAt } = archived;
    gauges.archiveAge.replace(finishedAt === undefined ? [] : [{ labels: {}, amount: seconds(finishedAt) }]);
    gauges.inventoryAge.replace(
      inventories
        .filter(({ cluster }) => this.#clusters.includes(cluster))
        .map(({ cluster, observedAt }) => ({ labels: { cluster }, amount: seconds(observedAt) })),
    );
    gauges.permits.replace(
      permits.map(({ cluster, operation, count }) => ({
        labels: { cluster: this.#named(cluster), operation },
        amount: count,
      })),
    );
  }

  #showProcesses({ processes }: JournalFigures, seconds: Seconds): void {
    const rows = processes.map(({ cluster, workflow, stage, count, oldestAt }) => ({
      labels: { cluster: this.#named(cluster), workflow, stage },
      count,
      age: seconds(oldestAt),
    }));
    this.#gauges.processes.replace(rows.map(({ labels, count }) => ({ labels, amount: count })));
    this.#gauges.stageAge.replace(rows.map(({ labels, age }) => ({ labels, amount: age })));
  }

  #showWaits({ processes, parked }: JournalFigures, seconds: Seconds): void {
    const gauges = this.#gauges;
    const ofCluster = <Row extends { readonly cluster: string }>(
      rows: readonly Row[],
      amount: (row: Row) => number,
    ) => [
      ...this.#zeros(),
      ...rows.map((row) => ({ labels: { cluster: this.#named(row.cluster) }, amount: amount(row) })),
    ];
    const waiting = processes.filter(({ waitsForPerson }) => waitsForPerson);
    gauges.waiting.replace(ofCluster(waiting, ({ count }) => count));
    gauges.waitingAge.replace(ofCluster(waiting, ({ oldestAt }) => seconds(oldestAt)));
    const isolated = processes.filter((process) => process.isolated);
    gauges.isolated.replace(ofCluster(isolated, ({ count }) => count));
    const kinds = ['failed', 'unknown-workflow'] as const;
    const ofKind = (amount: (row: JournalFigures['parked'][number]) => number) =>
      kinds.flatMap((kind) =>
        ofCluster(
          parked.filter((row) => row.kind === kind),
          amount,
        ).map((row) => ({ labels: { ...row.labels, kind }, amount: row.amount })),
      );
    gauges.parked.replace(ofKind(({ count }) => count));
    gauges.parkedAge.replace(ofKind(({ oldestAt }) => seconds(oldestAt)));
  }

  #showCommands({ commands }: JournalFigures, seconds: Seconds): void {
    const rows = commands.map(({ cluster, type, state, why, count, oldestAt }) => ({
      labels: { cluster: this.#named(cluster), command: type, state, reason: why },
      count,
      age: seconds(oldestAt),
    }));
    this.#gauges.commands.replace(rows.map(({ labels, count }) => ({ labels, amount: count })));
    this.#gauges.commandAge.replace(rows.map(({ labels, age }) => ({ labels, amount: age })));
  }

  #showPauses({ pauses }: JournalFigures, seconds: Seconds): void {
    const ofKind = (amount: (row: JournalFigures['pauses'][number]) => number) =>
      pauseKinds.map((kind) => {
        const row = pauses.find((one) => one.kind === kind);
        return { labels: { kind }, amount: row === undefined ? 0 : amount(row) };
      });
    this.#gauges.pauses.replace(ofKind(({ count }) => count));
    this.#gauges.pauseAge.replace(ofKind(({ oldestAt }) => seconds(oldestAt)));
  }

  #showLog({ undecided, deadLetters }: LogFigures, seconds: Seconds): void {
    const rows = undecided.map(({ group, topic, partition, records, seenAt }) => ({
      labels: { group, topic, partition },
      records,
      age: seenAt === undefined ? 0 : seconds(seenAt),
    }));
    this.#gauges.lag.replace(rows.map(({ labels, records }) => ({ labels, amount: records })));
    this.#gauges.undecidedAge.replace(rows.map(({ labels, age }) => ({ labels, amount: age })));
    this.#gauges.deadLetters.replace(
      deadLetters.map(({ topic, count }) => ({ labels: { topic }, amount: count })),
    );
  }
}
