/** Whoever was asked took the question, and said nothing for as long as is waited. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * Asks one question, and gives up after so many milliseconds of the real clock: clients wait for ever for a server that
 * accepts and never answers, or for an answer that they have lost themselves. What was asked may still happen.
 * Rejects with NoAnswer then. Whoever asks several in a row waits as long for each.
 */
export async function answerWithin<Value>(ms: number, ask: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswer(`no answer within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([ask(), late]);
  } finally {
    clearTimeout(timer);
  }
}
