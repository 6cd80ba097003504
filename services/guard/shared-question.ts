/**
 * One question that many ask at the same time. Who asks while it is being answered shares the next answer with all
 * others who do, so no answer is older than its question, and a crowd costs two.
 */
export class SharedQuestion<Answer> {
  readonly #question: () => Promise<Answer>;
  /** Settles with the latest question that was begun or is to be. */
  #running: Promise<void> | undefined;
  #next: Promise<Answer> | undefined;

  constructor(question: () => Promise<Answer>) {
    this.#question = question;
  }

  /** Rejects as the question does. */
  ask(): Promise<Answer> {
    if (this.#running === undefined) return this.#follow(this.#question());
    this.#next ??= this.#follow(
      this.#running.then(() => {
        this.#next = undefined;
        return this.#question();
      }),
    );
    return this.#next;
  }

  #follow(answer: Promise<Answer>): Promise<Answer> {
    const over = answer.then(
      () => undefined,
      () => undefined,
    );
    this.#running = over;
    void over.then(() => {
      if (this.#running === over) this.#running = undefined;
    });
    return answer;
  }
}
