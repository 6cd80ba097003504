import type { Clock } from '../adapters/ports/clock.js';
import type { FleetInventory } from '../adapters/ports/journal.js';
import { namesOf } from '../domain/identifiers.js';
import { labelSelectorOf, LabelSelectorInvalid, type LabelSelector } from '../domain/label-selector.js';

/** What nodes are selected by: those labels that the inventory keeps of them. In the words of the configuration. */
export interface KeptLabels {
  readonly clusters: readonly {
    readonly name: string;
    readonly poolLabel: string;
    readonly zoneLabel: string;
  }[];
  readonly guard: {
    /** Of the nodes of every cluster. */
    readonly labels: readonly string[];
  };
}

/** Whether a node (`<cluster>/<node>`) is meant. */
export type NodeSelection = (node: string) => boolean;

export interface NodeLabelsOptions {
  readonly inventory: Pick<FleetInventory, 'places'>;
  readonly kept: () => KeptLabels;
  readonly clock: Pick<Clock, 'now'>;
  /** How old what is known of the fleet may become before it is read again, ms. */
  readonly refreshMs?: number;
  readonly onError: (error: unknown) => void;
}

type Labels = Readonly<Record<string, string>>;

/**
 * @throws LabelSelectorInvalid when it means nothing, or asks for a label that is not kept of nodes
 */
export function keptSelector(text: string, kept: KeptLabels): LabelSelector {
  const selector = labelSelectorOf(text);
  const names = namesOfKept(kept);
  const missing = selector.names.find((name) => !names.has(name));
  if (missing === undefined) return selector;
  throw new LabelSelectorInvalid(`the label ${missing} is not kept of nodes: add it to guard.labels`);
}

function namesOfKept({ clusters, guard }: KeptLabels): ReadonlySet<string> {
  return new Set([
    ...clusters.flatMap(({ poolLabel, zoneLabel }) => [poolLabel, zoneLabel]),
    ...guard.labels,
  ]);
}

/**
 * Nodes by their labels, as the detector last saw them. Read when it is asked for, and again while it goes on being asked for.
 * A node that is not in the inventory is meant by every selector, and so is every node once a label is not kept any more: an
 * event too many does less harm than one that is missed.
 */
export class NodeLabels {
  readonly #options: NodeLabelsOptions;
  #known: ReadonlyMap<string, Labels> = new Map();
  #names: ReadonlySet<string> = new Set();
  #readAt = -Infinity;
  #triedAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(options: NodeLabelsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the labels of the fleet are known; rejects with the journal's error when they can't be read.
   * @throws LabelSelectorInvalid as `keptSelector`
   */
  async selecting(text: string): Promise<NodeSelection> {
    const selector = keptSelector(text, this.#options.kept());
    // A thousand that come one after the other are one question.
    if (this.#isOld(this.#readAt)) await this.#read();
    return (node) => {
      this.#readAgain();
      const labels = this.#known.get(node);
      if (labels === undefined || !selector.names.every((name) => this.#names.has(name))) return true;
      return selector.matches(labels);
    };
  }

  #readAgain(): void {
    if (!this.#isOld(this.#triedAt) || this.#reading !== undefined) return;
    // What is known holds meanwhile, and after a failure.
    this.#read().catch(this.#options.onError);
  }

  #isOld(at: number): boolean {
    const { clock, refreshMs = 5_000 } = this.#options;
    return clock.now() - at >= refreshMs;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    const { inventory, kept, clock } = this.#options;
    const askedAt = clock.now();
    this.#triedAt = askedAt;
    const now = kept();
    const clusters = new Map(now.clusters.map((cluster) => [cluster.name, cluster]));
    const places = await inventory.places();
    this.#readAt = askedAt;
    this.#names = namesOfKept(now);
    this.#known = new Map(
      places.map(({ node, pool, zone, labels }) => {
        const cluster = clusters.get(namesOf(node).cluster);
        return [
          node,
          { ...placed(cluster?.poolLabel, pool), ...placed(cluster?.zoneLabel, zone), ...labels },
        ];
      }),
    );
  }
}

/** The inventory calls the pool or zone of a node without one so. */
const unnamed = 'default';

function placed(label: string | undefined, value: string): Labels {
  return label === undefined || value === unnamed ? {} : { [label]: value };
}
