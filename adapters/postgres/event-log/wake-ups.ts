/** One partition has grown to `high`; undefined: look at everything. */
export interface Growth {
  readonly topicId: number;
  readonly partition: number;
  readonly high: bigint;
}

/** What a notification on the log's channel says. */
export type News =
  { readonly kind: 'growth'; readonly growth: Growth } | { readonly kind: 'group'; readonly group: string };

/** Undefined: not ours. */
export function parseNews(payload: string): News | undefined {
  const text = payload.slice(1);
  if (payload.startsWith('=')) return { kind: 'group', group: text };
  if (!payload.startsWith('+')) return undefined;
  const growth = parseGrowth(text);
  return growth && { kind: 'growth', growth };
}

/** `<topic id> <partition> <high>`, as an append answers. */
export function parseGrowth(text: string): Growth | undefined {
  const [topicId, partition, high] = text.split(' ');
  if (topicId === undefined || partition === undefined || high === undefined) return undefined;
  return { topicId: Number(topicId), partition: Number(partition), high: BigInt(high) };
}
