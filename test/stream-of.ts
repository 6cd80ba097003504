/** A stream of what is there already. */
// eslint-disable-next-line @typescript-eslint/require-await -- whoever reads it waits as for any other
export async function* streamOf<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
