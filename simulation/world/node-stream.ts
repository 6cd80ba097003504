import type { KubernetesNode, NodeEvent } from '../../adapters/ports/kubernetes.js';
import type { Site } from './site.js';

/** When a watcher hears what. */
export interface WatchPace {
  list(read: () => readonly KubernetesNode[]): Promise<readonly KubernetesNode[]>;
  /** Undefined: the stream broke, and what it held is lost. */
  hear(event: () => NodeEvent): Promise<NodeEvent | undefined>;
}

/** What has changed since a watch began, in order. */
export class NodeStream {
  readonly #waiting: NodeEvent[] = [];
  readonly #signal: AbortSignal;
  readonly #end: () => void;
  #wake: () => void = () => undefined;

  constructor(site: Site, signal: AbortSignal) {
    this.#signal = signal;
    const wake = (): void => {
      this.#wake();
    };
    const unwatch = site.watch((event) => {
      this.#waiting.push(event);
      wake();
    });
    signal.addEventListener('abort', wake, { once: true });
    this.#end = () => {
      unwatch();
      signal.removeEventListener('abort', wake);
    };
  }

  async next(pace: WatchPace): Promise<NodeEvent | undefined> {
    while (!this.#signal.aborted) {
      const first = this.#waiting.shift();
      if (first !== undefined) return pace.hear(() => first);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return undefined;
  }

  close(): void {
    this.#end();
  }
}
