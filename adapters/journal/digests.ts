import { createHash } from 'node:crypto';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A UUID made of texts: same texts, same UUID. */
export function digestUuid(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  // The length before each text keeps ['a', 'bc'] and ['ab', 'c'] apart.
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  const hex = hash.digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** The key under which a cause is remembered: its UUID, or one made of it when a raw producer wrote something else. */
export function seenKey(causeId: string): string {
  const lower = causeId.toLowerCase();
  return uuidPattern.test(lower) ? lower : digestUuid(causeId);
}

/** Which outbox partition a key belongs to (FNV-1a over its UTF-16 units); one sender per partition keeps its order. */
export function outboxPartitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
