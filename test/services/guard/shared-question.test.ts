import { describe, expect, it } from 'vitest';
import { SharedQuestion } from '../../../services/guard/shared-question.js';

/** A question that is answered by hand. */
function questionByHand() {
  const answers: PromiseWithResolvers[] = [];
  const shared = new SharedQuestion(() => {
    let resolve: (value: number) => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const promise = new Promise<number>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    answers.push({ resolve, reject });
    return promise;
  });
  return { shared, answers };
}

interface PromiseWithResolvers {
  readonly resolve: (value: number) => void;
  readonly reject: (error: Error) => void;
}

describe('a question that many ask at once', () => {
  it('given one that is being answered, when others ask, then they share an answer that begins after they asked', async () => {
    const { shared, answers } = questionByHand();
    const first = shared.ask();
    const others = [shared.ask(), shared.ask(), shared.ask()];
    expect(answers).toHaveLength(1);
    answers[0]?.resolve(1);
    expect(await first).toBe(1);
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.resolve(2);
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
  });

  it('given an answer that was given, when somebody asks, then the question is asked anew', async () => {
    const { shared, answers } = questionByHand();
    const first = shared.ask();
    answers[0]?.resolve(1);
    await first;
    const second = shared.ask();
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  it('given a question that fails, then those who asked it hear of it, and the next ones ask anew', async () => {
    const { shared, answers } = questionByHand();
    const first = shared.ask();
    const second = shared.ask();
    answers[0]?.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.resolve(2);
    expect(await second).toBe(2);
  });
});
