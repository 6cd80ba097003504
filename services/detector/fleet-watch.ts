import { isNodeName } from '../../domain/identifiers.js';
import type { KubernetesNode, NodeEvent } from '../../adapters/ports/kubernetes.js';
import { CountedFleet } from './counted-fleet.js';
import type { DetectorOptions } from './detector.js';
import { keyOf } from './fleet-member.js';
import { isolationTaint } from '../../adapters/ports/node-marks.js';
import { insist } from '../insist.js';
import { LeaseWatch } from './lease-watch.js';
import { findOrphans } from './orphans.js';
import { compare, goneSaying, notSaidYet, type Remembered, type Saying, type Sighting } from './sighting.js';
import { WaitingEvents, type WaitingEvent } from './waiting-events.js';

/** Nodes of a list that are told about at a time. */
const together = 64;
/** The loop behind a detector: one stream of node events, handled one after another, and two slow rounds beside it. */
export class FleetWatch {
  readonly #options: DetectorOptions;
  readonly #seen = new Map<string, Sighting>();
  readonly #leases: LeaseWatch;
  readonly #fleet: CountedFleet;
  #remembered: ReadonlyMap<string, Remembered> | undefined;
  /** Names of nodes that carry an isolation taint. */
  readonly #tainted = new Set<string>();
  #listed = false;
  #trouble: string | undefined;
  #busy = 0;
  #gaps: number | undefined;
  #waiting = new WaitingEvents();
  /** Of the watch under way; aborting it has everything listed and told anew. */
  #watching = new AbortController();
  /** Whether the watch under way has said anything: until then it is listing. */
  #hasSpoken = false;

  constructor(options: DetectorOptions) {
    this.#options = options;
    this.#fleet = new CountedFleet(options, (work) => this.#whileBusy(work));
    this.#leases = new LeaseWatch(options, this.#seen);
  }

  isReady(): boolean {
    return this.#listed;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  underWay(): number {
    // A list that is being asked for; in trouble it is time that is waited for.
    const isListing = !this.#hasSpoken && this.#trouble === undefined && !isOver(this.#options.signal);
    return this.#busy + this.#waiting.size + (isListing ? 1 : 0);
  }

  async run(): Promise<void> {
    await Promise.all([this.#follow(), this.#refreshInventory(), this.#checkLeases()]);
    await this.#fleet.settled();
  }

  async #follow(): Promise<void> {
    const { cluster, clusterName, signal, log } = this.#options;
    const onAnswer = (): void => {
      this.#trouble = undefined;
    };
    const onTrouble = (message: string): void => {
      this.#trouble = message;
      log.warn({ cluster: clusterName }, message);
    };
    while (!isOver(signal)) {
      await this.#whileBusy(() =>
        insist(this.#options, 'the question what the journal knows', () => this.#remember()),
      );
      if (isOver(signal)) return;
      this.#watching = new AbortController();
      this.#hasSpoken = false;
      const until = AbortSignal.any([signal, this.#watching.signal]);
      const waiting = new WaitingEvents();
      this.#waiting = waiting;
      await Promise.all([
        this.#read(cluster.watchNodes(until, onTrouble, onAnswer), waiting),
        this.#tellAll(waiting),
      ]);
    }
  }

  /**
   * Before anything is listed: a fault that the journal has learnt of since would be cleared by what the list still shows, and a
   * node that it has learnt of would be taken for deleted.
   */
  async #remember(): Promise<void> {
    this.#gaps ??= await this.#options.inputGaps?.();
    this.#remembered ??= await this.#options.remember?.();
  }

  /** Never rejects as long as the events don't. */
  async #read(events: AsyncIterable<NodeEvent>, waiting: WaitingEvents): Promise<void> {
    try {
      for await (const event of events) {
        this.#hasSpoken = true;
        this.#fleet.hear(event);
        if (event.kind !== 'bookmark') waiting.put(event);
      }
    } finally {
      waiting.close();
    }
  }

  async #tellAll(waiting: WaitingEvents): Promise<void> {
    while (await waiting.some()) {
      await this.#whileBusy(() =>
        insist(this.#options, 'a node event', async () => {
          const event = waiting.first();
          if (event === undefined) return;
          await this.#handle(event);
          waiting.told(event);
        }),
      );
      if (isOver(this.#options.signal)) waiting.close();
    }
  }

  async #lookForOrphans(): Promise<void> {
    const { activeProcess, emitOrphan, cluster, clusterName, settings, clock, log } = this.#options;
    if (activeProcess === undefined || emitOrphan === undefined || this.#tainted.size === 0) return;
    const { installation } = settings;
    const search = { cluster, clusterName, installation, activeProcess, now: clock.now() };
    for (const found of await findOrphans(search, this.#tainted)) {
      const { owner, atOnce } = found.orphan;
      log.warn(
        { node: found.node, owner, atOnce },
        'isolated by a process that this journal does not run: see `faultline get processes` and `history`',
      );
      await emitOrphan(found);
    }
  }

  /** Reports may have been lost: what was said before counts for nothing, so it is said again under the same ids. */
  async #noticeGaps(): Promise<void> {
    const gaps = await this.#options.inputGaps?.();
    if (gaps === this.#gaps) return;
    const first = this.#gaps === undefined;
    this.#gaps = gaps;
    if (first) return;
    this.#options.log.warn(
      { cluster: this.#options.clusterName },
      'input was lost: all nodes are observed anew',
    );
    this.#seen.clear();
    this.#leases.forget();
    this.#remembered = undefined;
    this.#listed = false;
    this.#watching.abort();
  }

  async #handle(event: WaitingEvent): Promise<void> {
    if (event.kind === 'listed') return this.#list(event.nodes);
    if (event.kind === 'deleted') return this.#forget(event.node.metadata.name);
    await this.#look(event.node, event.first);
  }

  /** Everything is compared with what was seen before, so that a new list invents nothing and misses nothing. */
  async #list(nodes: readonly KubernetesNode[]): Promise<void> {
    for (let start = 0; start < nodes.length; start += together) {
      await Promise.all(nodes.slice(start, start + together).map((node) => this.#look(node)));
    }
    const present = new Set(nodes.map(({ metadata }) => metadata.name));
    const known = new Set([...this.#seen.keys(), ...(this.#listed ? [] : (this.#remembered?.keys() ?? []))]);
    for (const name of known) if (!present.has(name)) await this.#forget(name);
    await this.#fleet.settled();
    await this.#lookForOrphans();
    this.#listed = true;
  }

  async #look(node: KubernetesNode, first?: KubernetesNode): Promise<void> {
    const { clusterName: cluster, settings } = this.#options;
    const { name } = node.metadata;
    const before = this.#seen.get(name);
    const { sighting, sayings } = compare(
      { cluster, rules: settings.rules, source: settings.source, poolLabel: settings.poolLabel },
      before,
      node,
      before === undefined ? this.#remembered?.get(name) : undefined,
      first,
    );
    const changes = sayings.filter((saying) => saying.kind === 'change');
    const reports = sayings.filter((saying) => saying.kind === 'report');
    await this.#say(name, changes);
    // The log may take a report and its answer be lost; and when it can be asked again, the node may be another one.
    if (reports.length > 0) this.#seen.set(name, notSaidYet(sighting, reports));
    await this.#say(name, reports);
    this.#seen.set(name, sighting);
    if (isolationTaint(node) === undefined) this.#tainted.delete(name);
    else this.#tainted.add(name);
  }

  async #forget(name: string): Promise<void> {
    const { clusterName } = this.#options;
    if (!isNodeName(name)) return;
    const nodeUid = this.#seen.get(name)?.nodeUid ?? this.#remembered?.get(name)?.nodeUid;
    await this.#say(name, [goneSaying(clusterName, name, nodeUid)]);
    this.#seen.delete(name);
    this.#tainted.delete(name);
  }

  async #say(name: string, sayings: readonly Saying[]): Promise<void> {
    const key = keyOf(this.#options.clusterName, name);
    if (key === undefined) return;
    for (const saying of sayings) {
      if (saying.kind === 'report') await this.#options.emitReport(saying.report);
      else await this.#options.emitChange(key, saying.change, saying.causeId);
    }
  }

  /**
   * The inventory is said to be as fresh as the watch. One that stands and is silent proves nothing (a connection that is
   * dead, a server without bookmarks): then everything is listed anew. In trouble it tries again by itself.
   */
  async #refreshInventory(): Promise<void> {
    const { clock, settings, signal } = this.#options;
    while (!isOver(signal)) {
      await clock.waitUntil(clock.now() + settings.refreshMs, signal);
      if (isOver(signal)) return;
      const isSilent = !this.#fleet.sayFresh() && this.#trouble === undefined;
      if (!this.#listed) continue;
      await this.#whileBusy(async () => {
        if (this.#hasSpoken && (isSilent || this.#fleet.lacksLabels())) this.#watching.abort();
        await insist(this.#options, 'the look for orphaned isolation', () => this.#lookForOrphans());
        await insist(this.#options, 'the question for lost input', () => this.#noticeGaps());
      });
    }
  }

  async #checkLeases(): Promise<void> {
    const { clock, settings, signal } = this.#options;
    const { lease } = settings;
    while (lease !== undefined && !isOver(signal)) {
      await clock.waitUntil(clock.now() + lease.checkMs, signal);
      if (isOver(signal)) return;
      if (this.#listed) await this.#whileBusy(() => this.#leases.look(lease.staleMs));
    }
  }

  async #whileBusy(work: () => Promise<unknown>): Promise<void> {
    this.#busy += 1;
    try {
      await work();
    } finally {
      this.#busy -= 1;
    }
  }
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
