import type { IntakeAnswer, IntakeRequests } from '../../services/intake/answer-requests.js';
import type { IntakePost } from '../../world/record/intake-sender.js';
import type { Trouble } from '../scheduler/incarnation.js';
import type { Outside } from './outside.js';
import type { Site } from './site.js';

/** What whoever reports sees of a request: undefined, that it did not come to an answer. */
type Answered = IntakeAnswer | undefined;

const troubles: readonly Trouble<Answered>[] = [
  { name: 'no connection', acts: false, answer: () => undefined },
  { name: 'answer lost', acts: true, answer: () => undefined },
];

/** A request to a process that died is given up after this, ms. */
const timeoutMs = 30_000;
const pauseMs = 1_000;

/** Agents and monitoring: each tells of its node one thing after another, and again until intake has answered. */
export class Senders {
  readonly #site: Site;
  readonly #outside: Outside;
  readonly #intake: () => IntakeRequests | undefined;
  readonly #queues = new Map<string, IntakePost[]>();

  constructor(site: Site, outside: Outside, intake: () => IntakeRequests | undefined) {
    this.#site = site;
    this.#outside = outside;
    this.#intake = intake;
  }

  post(post: IntakePost): void {
    const queue = this.#queues.get(post.node);
    if (queue !== undefined) queue.push(post);
    else {
      this.#queues.set(post.node, [post]);
      void this.#drain(post.node);
    }
  }

  async #drain(node: string): Promise<void> {
    const queue = this.#queues.get(node) ?? [];
    for (let post = queue[0]; post !== undefined; post = queue[0]) {
      const answer = await this.#try(post);
      // What was refused is refused again: it is not repeated.
      if (answer !== undefined && answer.status < 500) this.#answered(queue.shift(), answer);
      else await this.#pass(pauseMs);
    }
    this.#queues.delete(node);
  }

  #answered(post: IntakePost | undefined, answer: IntakeAnswer): void {
    const accepted = 'accepted' in answer ? answer.accepted : [];
    for (const reportId of accepted) this.#site.tell({ kind: 'acknowledged', reportId });
    const rejected = 'accepted' in answer ? answer.rejected.map(({ reason }) => reason) : [answer.detail];
    post?.onAnswer({ accepted, rejected, answeredAtWall: this.#site.agenda.now });
  }

  #try({ path, body }: IntakePost): Promise<Answered> {
    const intake = this.#intake();
    if (intake === undefined) return Promise.resolve(undefined);
    const request = {
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
    };
    const ask = (): Promise<IntakeAnswer> =>
      (path === '/v1/reports' ? intake.reports(request) : intake.alerts(request)).catch((error: unknown) =>
        intake.refusal(error),
      );
    const asked = this.#outside.ask<Answered>('intake.post', ask, troubles);
    return new Promise((resolve) => {
      const cancel = this.#site.agenda.after(timeoutMs, () => {
        resolve(undefined);
      });
      void asked.then((answer) => {
        cancel();
        resolve(answer);
      });
    });
  }

  #pass(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#site.agenda.after(milliseconds, resolve);
    });
  }
}
