/** What is there already, for whoever waits for each. */
export function streamOf<Item>(items: Iterable<Item>): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = items[Symbol.iterator]();
      return { next: () => Promise.resolve(iterator.next()) };
    },
  };
}
