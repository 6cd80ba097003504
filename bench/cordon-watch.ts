import type { NodeApi } from './node-api.js';

/** Hears from the API server when nodes are cordoned: the witness of both sides. */
export class CordonWatch {
  readonly #waiting = new Map<string, (at: number) => void>();

  /** Resolves once it watches; it goes on until the API client is closed. */
  static async open(api: NodeApi): Promise<CordonWatch> {
    const watch = new CordonWatch();
    await api.watchCordons((name) => {
      watch.#waiting.get(name)?.(performance.now());
      watch.#waiting.delete(name);
    });
    return watch;
  }

  /** Resolves with the moment (as performance.now() tells it) at which the node is first seen cordoned from now on. */
  cordoned(name: string, patienceMs = 60_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(name);
        reject(new Error(`${name} was not cordoned within ${patienceMs} ms`));
      }, patienceMs);
      this.#waiting.set(name, (at) => {
        clearTimeout(timer);
        resolve(at);
      });
    });
  }
}
