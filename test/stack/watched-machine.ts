import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startNodeProblemDetector,
  type NodeProblemDetectorStack,
} from '../../stack/node-problem-detector.js';
import type { RealCluster } from './real-cluster.js';
import type { Place } from '../../stack/site.js';

const samples = join(import.meta.dirname, '../../data/kernel-messages');

/**
 * The problem detector of one machine: it runs while the machine does, and after a boot it starts with the new
 * kernel's log.
 */
export class WatchedMachine {
  readonly logFile: string;
  readonly #place: Place;
  readonly #cluster: RealCluster;
  readonly #node: string;
  #detector: NodeProblemDetectorStack | undefined;
  #changes: Promise<void> = Promise.resolve();
  #boots = 0;

  private constructor(place: Place, cluster: RealCluster, node: string) {
    this.#place = place;
    this.#cluster = cluster;
    this.#node = node;
    this.logFile = join(place.folder, `kernel-${cluster.name}-${node}.log`);
  }

  /** Resolves when the detector runs. Its end is among the place's cleanups. */
  static async start(place: Place, cluster: RealCluster, node: string): Promise<WatchedMachine> {
    const watched = new WatchedMachine(place, cluster, node);
    place.cleanups.add(() => watched.#stop());
    await watched.#start();
    const unlisten = cluster.fleet.machine(node)?.listen((event) => {
      if (event.kind === 'power-changed' && event.power === 'Off') watched.#then(() => watched.#stop());
      if (event.kind === 'booted') watched.#then(() => watched.#start());
    });
    place.cleanups.add(() => {
      unlisten?.();
      return watched.#changes;
    });
    return watched;
  }

  /** The kernel writes what a hung task makes it write. */
  async hang(): Promise<void> {
    const [message = ''] = (await readFile(join(samples, 'docker_hung.log'), 'utf8')).split('\n');
    const now = new Date();
    const day = now.toString().slice(4, 10).replace(' 0', '  ');
    await appendFile(
      this.logFile,
      `${day} ${now.toTimeString().slice(0, 8)} ${this.#node} kernel: [120.5] ${message}\n`,
    );
  }

  #then(step: () => Promise<void>): void {
    this.#changes = this.#changes.then(step);
    // Told by the cleanup that waits for it; until then it must not end the run as unhandled.
    this.#changes.catch(() => undefined);
  }

  async #start(): Promise<void> {
    const { kubernetes } = this.#cluster;
    await rm(this.logFile, { force: true });
    this.#boots += 1;
    this.#detector = await startNodeProblemDetector({
      node: this.#node,
      server: kubernetes.server,
      kubeconfig: kubernetes.kubeconfigOf('world'),
      logFile: this.logFile,
      folder: join(this.#place.folder, `detector-${this.#cluster.name}-${this.#node}-${this.#boots}`),
    });
  }

  async #stop(): Promise<void> {
    await this.#detector?.stop();
  }
}
