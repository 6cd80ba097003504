/** So many turns are asked for at a time: asking for each by itself would cost a look at the operating system. */
const together = 256;

/**
 * Takes turn after turn until one says that it was the last. Between two of them everything goes on that can go on by itself, up to
 * the next await that leaves a part. Rejects with what a turn throws.
 * @param turn false: it was the last
 */
export function takeTurns(turn: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const take = (): void => {
      if (isOver) return;
      try {
        isOver = !turn();
        if (isOver) resolve();
      } catch (error) {
        isOver = true;
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const takeSome = (): void => {
      if (isOver) return;
      for (let count = 1; count < together; count += 1) setImmediate(take);
      setImmediate(() => {
        take();
        takeSome();
      });
    };
    takeSome();
  });
}
