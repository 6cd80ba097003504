import { createHash } from 'node:crypto';

/**
 * A UUID (version 5's form) that is always the same for the same parts: who says the same thing again, after a restart
 * for instance, is recognised.
 */
export function stableId(
  service: 'detector' | 'guard' | 'console',
  ...parts: readonly (string | undefined)[]
): string {
  const text = JSON.stringify([`faultline-${service}`, ...parts.map((part) => part ?? null)]);
  const bytes = createHash('sha1').update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
