import { hash } from 'node:crypto';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const hexadecimal = '0123456789abcdef';

export function isUuid(text: string): boolean {
  return text.length === 36 && pattern.test(text);
}

/** The same UUID for the same text, always (version 8, from SHA-256): ids that a restart gives again. */
export function uuidFrom(text: string): string {
  const digest = hash('sha256', text, 'hex');
  const [version, variant] = ['8', hexadecimal[(parseInt(digest.charAt(16), 16) & 0x3) | 0x8] ?? ''];
  return (
    `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${version}${digest.slice(13, 16)}-` +
    `${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
  );
}
