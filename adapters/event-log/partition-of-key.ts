const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/**
 * The partition of a key, the same as every Kafka client with the default partitioner chooses (murmur2 over the UTF-8
 * bytes). One rule for all logs: a node keeps its partition number when an installation moves from one log to another.
 */
export function partitionOfKey(key: string | Buffer, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key, 'utf8') : key) & 0x7fffffff) % partitions;
}

function murmur2(data: Buffer): number {
  const whole = data.length & ~3;
  let hash = seed ^ data.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(data.readInt32LE(at), multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = data.length - whole;
  if (rest > 0) {
    hash = Math.imul(hash ^ data.readUIntLE(whole, rest), multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
