import { MemoryGuardBook } from '../../adapters/memory/journal/guard-book.js';
import { MemoryGuardHistory } from '../../adapters/memory/journal/guard-history.js';
import { MemoryFleetInventory } from '../../adapters/memory/journal/inventory.js';
import { isolationTaint } from '../../adapters/ports/node-marks.js';
import type { Pause, Verdict } from '../../domain/pause.js';
import { parseConfiguration } from '../../cli/configuration/load.js';
import { executorSettings } from '../../cli/composition/start/executor-settings.js';
import { playPolicy, type PlayedPolicy } from '../../services/guard/play/play-policy.js';
import { streamOf } from '../../adapters/journal/stream-of.js';
import { buildDataCentre, type DataCentre, type Rules } from '../../simulation/record/data-centre.js';
import { Agenda } from '../../simulation/scheduler/agenda.js';
import { listedDeviations } from '../../simulation/scheduler/deviations.js';
import { Instant } from '../../simulation/scheduler/incarnation.js';
import { Trace } from '../../simulation/scheduler/trace.js';
import { takeTurns } from '../../simulation/scheduler/turns.js';
import { clusterName } from '../../simulation/world/site.js';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** As an ordinary `faultline.yaml` says it, but for looks at what is well, which a jumping clock is spared. */
const configuredWith = (guard: object) =>
  parseConfiguration(
    JSON.stringify({
      clusters: [{ name: clusterName, kubeconfig: 'simulated.yaml', mode: 'active' }],
      mode: { default: 'active' },
      installation: { dataFolder: 'data', upkeepEvery: '7d' },
      detector: { leaseCheckEvery: '3650d', leaseStaleAfter: '3650d', inventoryRefreshEvery: '7d' },
      guard: { inventoryMaximumAge: '15d', ...guard },
    }),
    'false-alarms.yaml',
  );

const configuration = configuredWith({
  breakers: [{ name: 'many', nodes: 20, share: 0.001, within: '2m' }],
});
/** Of who has configured none. */
export const shippedBreakers = configuredWith({}).guard.breakers;

export const budgetsPerOperation = configuration.guard.policy.budgets;
export const isolateLimit = budgetsPerOperation.find(({ name }) => name === 'isolate');
export const breaker = configuration.guard.breakers[0];

const rules: Rules = {
  policy: configuration.policy,
  guard: configuration.guard.policy,
  ...{ breakers: configuration.guard.breakers, guardLookMs: configuration.guard.lookEveryMs },
  guardLabels: [],
  executor: executorSettings(configuration),
  inventoryRefreshMs: configuration.detector.inventoryRefreshEveryMs,
  upkeepEveryMs: configuration.upkeepEveryMs,
  approvesIncidents: false,
};

/** A fleet of well machines, and somebody who reports that they are ill. */
export class FalseAlarms {
  readonly #agenda: Agenda;
  readonly #centre: DataCentre;
  readonly #book: MemoryGuardBook;
  readonly #isolated: Set<string>;
  readonly #everIsolated = new Set<string>();
  /** The most nodes that were isolated at one time. */
  mostIsolated = 0;

  private constructor(agenda: Agenda, centre: DataCentre, isolated: Set<string>) {
    this.#agenda = agenda;
    this.#centre = centre;
    this.#book = new MemoryGuardBook(centre.installation.store);
    this.#isolated = isolated;
  }

  static async on(nodes: number, breakers = rules.breakers): Promise<FalseAlarms> {
    const agenda = new Agenda(Date.UTC(2026, 0, 1));
    const isolated = new Set<string>();
    const found: { alarms?: FalseAlarms } = {};
    const centre = await buildDataCentre({
      surroundings: {
        ...{ seed: 1, agenda, deviations: listedDeviations(new Map()) },
        ...{
          trace: new Trace({ keep: false }),
          calls: new Map(),
          lives: new Set<AbortController>(),
          atOnce: new Instant(),
        },
      },
      ...{ nodes, rules: { ...rules, breakers }, image: 'image' },
      listener: (happening) => {
        if (happening.kind !== 'node patched') return;
        if (isolationTaint(happening.after) === undefined) isolated.delete(happening.node);
        else isolated.add(happening.node);
        found.alarms?.noteIsolated();
      },
    });
    found.alarms = new FalseAlarms(agenda, centre, isolated);
    // The detector lists what there is.
    await found.alarms.pass(minuteMs);
    return found.alarms;
  }

  /** How many nodes were isolated at any time. */
  get everIsolated(): number {
    return this.#everIsolated.size;
  }

  noteIsolated(): void {
    this.mostIsolated = Math.max(this.mostIsolated, this.#isolated.size);
    for (const node of this.#isolated) this.#everIsolated.add(node);
  }

  get now(): number {
    return this.#agenda.now;
  }

  get isolated(): number {
    return this.#isolated.size;
  }

  /** When the processes began, in order, ms. */
  get begun(): readonly number[] {
    const { processes } = this.#centre.installation.store;
    return [...processes.values()].map(({ startedAt }) => startedAt).sort((one, other) => one - other);
  }

  get running(): number {
    const { processes } = this.#centre.installation.store;
    return [...processes.values()].filter(({ endedAt }) => endedAt === undefined).length;
  }

  /** Every machine, or the first so many of them, are reported ill by one agent, evenly over this time. */
  reportAll(withinMs: number, count = this.#centre.fleet.machines.length): void {
    const { fleet, senders, clock } = this.#centre;
    for (const [index, { name }] of fleet.machines.slice(0, count).entries()) {
      const report = {
        ...{ cluster: clusterName, node: name, type: 'DiskFailure', status: 'firing' },
        ...{ source: 'bad-probe', message: 'cannot read the disk' },
      };
      clock.schedule(this.now + Math.floor((index * withinMs) / count), () => {
        senders.post({ node: name, path: '/v1/reports', body: report, onAnswer: () => undefined });
      });
    }
  }

  /** Lets time go by, at most so long; ends early when something is so. */
  async pass(milliseconds: number, until: () => boolean = () => false): Promise<void> {
    const end = this.now + milliseconds;
    await takeTurns(() => !until() && this.#agenda.step() && this.now < end);
  }

  async incidents(): Promise<readonly Pause[]> {
    return (await this.#book.present()).pauses;
  }

  async approve(id: Pause['id'], verdict: Omit<Verdict, 'at'>): Promise<void> {
    await this.#book.end(id, { how: 'approved', ...verdict, at: this.now });
  }

  /** The rules that held here, or others, on all that was done here since then (ms). */
  async playAgain(since: number, budgets = rules.guard.budgets): Promise<PlayedPolicy> {
    const { store } = this.#centre.installation;
    const inventory = new MemoryFleetInventory(store);
    const picture = await inventory.picture(clusterName);
    const { rows: pauses } = await this.#book.history({ limit: 1_000 });
    const played = {
      policy: { ...rules.guard, budgets },
      breakers: rules.breakers,
      rolloutPauses: [],
      lookEveryMs: rules.guardLookMs,
    };
    const cases = await this.#book.cases({ since, limit: 100_000 });
    return playPolicy(
      played,
      {
        operations: new MemoryGuardHistory(store).operations({ since }),
        cases: streamOf(cases),
        pauses,
        pictures: new Map(picture === undefined ? [] : [[clusterName, picture]]),
        memberOf: (node) => inventory.member(node),
      },
      { since, until: this.now, limit: 1_000 },
    );
  }

  async deny(id: Pause['id'], verdict: Omit<Verdict, 'at'>): Promise<void> {
    await this.#book.deny(id, { ...verdict, at: this.now });
  }
}
