import type { Clock, Randomness } from '../adapters/ports/clock.js';
import type { KubernetesCluster, KubernetesNode } from '../adapters/ports/kubernetes.js';
import type { Log } from '../adapters/ports/log.js';
import { isolationTaint } from '../adapters/ports/node-marks.js';
import { insist } from './insist.js';

/** Which clusters have been looked at since a new epoch began: nothing is done to the nodes of the others. */
export interface FirstLooks {
  isOver(cluster: string): boolean;
  /** Resolves when the cluster has been looked at, or at abort. */
  over(cluster: string, signal: AbortSignal): Promise<void>;
}

/** For a journal that knows what was done last. */
export const noLooksNeeded: FirstLooks = { isOver: () => true, over: () => Promise.resolve() };

interface FirstLookOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** One cluster that waits to be looked at. */
export class FirstLook {
  readonly #cluster: Pick<KubernetesCluster, 'cluster' | 'watchNodes'>;
  readonly #options: FirstLookOptions;
  readonly #heard = new Set<() => void>();
  #trouble: string | undefined;
  #isOver = false;

  constructor(cluster: Pick<KubernetesCluster, 'cluster' | 'watchNodes'>, options: FirstLookOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why nothing may be done to its nodes; undefined: it was looked at. */
  problem(): string | undefined {
    if (this.#isOver) return undefined;
    const trouble = this.#trouble === undefined ? '' : `: ${this.#trouble}`;
    return `cluster ${this.#cluster.cluster} was not looked at yet, so nothing is done to its nodes${trouble}`;
  }

  /** Whether it is at work, and not just waiting for a cluster that is away. */
  isUnderWay(): boolean {
    return !this.#isOver && this.#trouble === undefined;
  }

  /** Resolves when it is over, or at abort. */
  over(signal: AbortSignal): Promise<void> {
    if (this.#isOver || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#heard.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      this.#heard.add(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** Looks until the cluster answers, or until abort. Never rejects. */
  async run(): Promise<void> {
    const { cluster } = this.#cluster;
    await insist(this.#options, `the first look at cluster ${cluster}`, () => this.#look());
  }

  async #look(): Promise<void> {
    const { cluster } = this.#cluster;
    const { signal, log } = this.#options;
    const nodes = await this.#listOnce();
    if (signal.aborted) return;
    for (const node of nodes) {
      const taint = isolationTaint(node)?.value;
      if (taint === undefined) continue;
      log.warn(
        { cluster, node: node.metadata.name, taint },
        'isolated when this journal was begun: the detector tells whether a process of ours knows of it, and what becomes of it',
      );
    }
    this.#isOver = true;
    log.info({ cluster, nodes: nodes.length }, 'looked at for the first time: from now on it is worked on');
    for (const heard of [...this.#heard]) heard();
  }

  async #listOnce(): Promise<readonly KubernetesNode[]> {
    const over = new AbortController();
    const until = AbortSignal.any([this.#options.signal, over.signal]);
    for await (const event of this.#cluster.watchNodes(until, (message) => {
      this.#hearTrouble(message);
    })) {
      over.abort();
      if (event.kind === 'listed') return event.nodes;
    }
    return [];
  }

  /** Told when it is news: the tries that follow end in the same words. */
  #hearTrouble(message: string): void {
    if (message === this.#trouble) return;
    this.#trouble = message;
    const { cluster } = this.#cluster;
    this.#options.log.warn(
      { cluster, trouble: message },
      `cluster ${cluster} does not answer: nothing is done to its nodes before it was looked at, everything else goes on`,
    );
  }
}

export function firstLooks(looks: ReadonlyMap<string, FirstLook>): FirstLooks {
  return {
    isOver: (cluster) => looks.get(cluster)?.isOver ?? true,
    over: (cluster, signal) => looks.get(cluster)?.over(signal) ?? Promise.resolve(),
  };
}
