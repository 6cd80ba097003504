import { Agent, request } from 'undici';
import type { WorldClock } from '../clock.js';

/** What intake said about one post. */
export interface IntakeAnswer {
  /** Ids of the reports it took. */
  readonly accepted: readonly string[];
  /** Why it didn't take others; not sent again. */
  readonly rejected: readonly string[];
  /** When the answer came, ms of the wall's clock. */
  readonly answeredAtWall: number;
}

export interface IntakePost {
  /** Posts about one node are sent one after the other. */
  readonly node: string;
  readonly path: '/v1/reports' | '/v1/alertmanager';
  readonly body: object;
  readonly onAnswer: (answer: IntakeAnswer) => void;
}

export interface IntakeSenderOptions {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly baseUrl: string;
  readonly token?: string;
  readonly clock: WorldClock;
  /** Hears of every try that failed and is repeated. */
  readonly onTrouble?: (message: string) => void;
}

const firstPauseMs = 1000;
const longestPauseMs = 60_000;
const timeoutMs = 30_000;
/** The sender's own fault: trying again would be refused again. */
const refusals: ReadonlySet<number> = new Set([400, 404, 405, 413, 415, 422]);

/**
 * Sends reports and alerts to intake and does not give up: what was not answered (or with 401, 429, 5xx) is sent again
 * after 1 s, doubling to 60 s of the world's time. So a post may arrive twice, but is never lost.
 */
export class IntakeSender {
  readonly #options: IntakeSenderOptions;
  readonly #agent = new Agent({ connections: 16 });
  readonly #queues = new Map<string, IntakePost[]>();
  #sending = 0;
  #waiting = 0;
  #closed = false;

  constructor(options: IntakeSenderOptions) {
    this.#options = options;
  }

  /** Nodes whose posts are under way right now. While above 0 the world's clock should not jump. */
  get underWay(): number {
    return this.#sending;
  }

  /** Nodes whose posts wait for the time of their next try. */
  get waiting(): number {
    return this.#waiting;
  }

  post(post: IntakePost): void {
    const queue = this.#queues.get(post.node);
    if (queue !== undefined) {
      queue.push(post);
      return;
    }
    this.#queues.set(post.node, [post]);
    this.#sending++;
    void this.#drain(post.node).finally(() => this.#sending--);
  }

  /** Cuts off what is under way; nothing is sent any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent.destroy();
  }

  async #drain(node: string): Promise<void> {
    const queue = this.#queues.get(node) ?? [];
    for (let post = queue[0]; post !== undefined && !this.#closed; post = queue[0]) {
      const answer = await this.#untilAnswered(post);
      if (answer !== undefined) post.onAnswer(answer);
      queue.shift();
    }
    this.#queues.delete(node);
  }

  /** Undefined: closed. */
  async #untilAnswered(post: IntakePost): Promise<IntakeAnswer | undefined> {
    for (let pauseMs = firstPauseMs; !this.#closed; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const answer = await this.#try(post);
      if (answer !== undefined) return answer;
      await this.#pause(pauseMs);
    }
    return undefined;
  }

  async #try(post: IntakePost): Promise<IntakeAnswer | undefined> {
    const { baseUrl, token } = this.#options;
    try {
      const answer = await request(new URL(post.path, baseUrl), {
        method: 'POST',
        dispatcher: this.#agent,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(post.body),
      });
      const text = await answer.body.text();
      if (answer.statusCode < 300) return readAnswer(text);
      if (refusals.has(answer.statusCode)) {
        return answered([], [`${answer.statusCode} ${text.slice(0, 300)}`]);
      }
      this.#trouble(`${post.path}: ${answer.statusCode} ${text.slice(0, 300)}`);
    } catch (error) {
      this.#trouble(`${post.path}: ${String(error)}`);
    }
    return undefined;
  }

  #trouble(message: string): void {
    if (!this.#closed) this.#options.onTrouble?.(message);
  }

  /** While it pauses the node doesn't count as under way: else a clock that waits for it would never move. */
  async #pause(ms: number): Promise<void> {
    this.#sending--;
    this.#waiting++;
    await new Promise<void>((resolve) => {
      this.#options.clock.schedule(this.#options.clock.now() + ms, resolve);
    });
    this.#waiting--;
    this.#sending++;
  }
}

/** `{accepted:[id], rejected:[{reason}]}`; an answer without ids is an acceptance that names none. */
function readAnswer(text: string): IntakeAnswer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return answered([], [`unreadable answer: ${text.slice(0, 300)}`]);
  }
  return answered(
    listOf(body, 'accepted').filter((id) => typeof id === 'string'),
    listOf(body, 'rejected').map((entry) => JSON.stringify(entry)),
  );
}

function answered(accepted: readonly string[], rejected: readonly string[]): IntakeAnswer {
  return { accepted, rejected, answeredAtWall: Date.now() };
}

function listOf(body: unknown, name: string): readonly unknown[] {
  if (typeof body !== 'object' || body === null) return [];
  const value = new Map<string, unknown>(Object.entries(body)).get(name);
  return Array.isArray(value) ? value : [];
}
