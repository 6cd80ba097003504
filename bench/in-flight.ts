/** Works through the items in order, so many at a time. Rejects with the first failure. */
export async function inFlight<Item>(
  items: readonly Item[],
  places: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: places }, worker));
}
