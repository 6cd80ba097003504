import type { Clock } from '../../adapters/ports/clock.js';
import type { KubernetesCluster, NewEvent } from '../../adapters/ports/kubernetes.js';
import type { Log } from '../../adapters/ports/log.js';
import type { Story } from './effect.js';

interface Untold {
  readonly cluster: KubernetesCluster;
  readonly event: NewEvent;
}

const mostUntold = 2_000;

/**
 * Node events, so that `kubectl describe node` tells what happened. Told one after another and only while no command
 * is under work: an event must not slow an isolation down. Best effort: what can't be told is dropped with a warning.
 */
export class NodeStory {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #untold: Untold[] = [];
  #telling = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  add(cluster: KubernetesCluster, story: Story): void {
    if (this.#untold.length >= mostUntold) this.#untold.shift();
    this.#untold.push({ cluster, event: { ...story, at: this.#clock.now() } });
  }

  /** Tells what is untold, as long as `mayTell` says so. Returns at once; never throws. */
  tell(mayTell: () => boolean): void {
    if (this.#telling || this.#untold.length === 0) return;
    this.#telling = true;
    void this.#tellAll(mayTell).finally(() => {
      this.#telling = false;
    });
  }

  async #tellAll(mayTell: () => boolean): Promise<void> {
    for (
      let next = this.#untold.shift();
      next !== undefined;
      next = mayTell() ? this.#untold.shift() : undefined
    ) {
      try {
        const answer = await next.cluster.createEvent(next.event);
        if (answer.kind !== 'ok')
          this.#log.warn({ answer, reason: next.event.reason }, 'a node event was not taken');
      } catch (error) {
        this.#log.warn({ error }, 'a node event could not be sent');
      }
    }
  }
}
