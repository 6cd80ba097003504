import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** When which event was at a subscriber: its number, and ms of the machine's monotonic clock. */
export interface Arrivals {
  readonly numbers: Float64Array;
  readonly times: Float64Array;
}

/** To the subscribers: one for each query; or all away. */
export type SubscriberOrder = { readonly url: string; readonly queries: readonly string[] } | 'close';

/** From them. */
export interface SubscriberWord {
  readonly open?: number;
  readonly arrivals?: Arrivals;
  /** Whoever served one has ended it. */
  readonly lost?: true;
  readonly failed?: string;
}

/** Subscribers by HTTP in a process of their own. */
export class SubscriberProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start(): SubscriberProcess {
    const child = fork(join(import.meta.dirname, 'stream-subscribers.ts'), {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
    });
    return new SubscriberProcess(child);
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  /** Resolves when each of them hears. */
  async open(url: string, queries: readonly string[]): Promise<void> {
    await this.#order({ url, queries }, (word) => (word.open === queries.length ? true : undefined));
  }

  /** Ends them; resolves with what all of them have got since they were opened. Rejects when one was cut off before. */
  close(): Promise<Arrivals> {
    return this.#order('close', ({ arrivals }) => arrivals);
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #order<Answer>(
    order: SubscriberOrder,
    answerIn: (word: SubscriberWord) => Answer | undefined,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#child.off('message', hear);
        this.#child.off('exit', gone);
      };
      const hear = (word: SubscriberWord): void => {
        const answer = answerIn(word);
        if (answer === undefined && word.failed === undefined && word.lost === undefined) return;
        over();
        if (answer === undefined) reject(new Error(word.failed ?? 'a subscriber was cut off'));
        else resolve(answer);
      };
      const gone = (): void => {
        over();
        reject(new Error('the process of the subscribers has ended'));
      };
      this.#child.on('message', hear);
      this.#child.once('exit', gone);
      this.#child.send(order);
    });
  }
}
