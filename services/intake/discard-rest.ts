import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Whoever sends more, or slower, than this is not waited for. */
export interface DiscardLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

const defaultLimits: DiscardLimits = { bytes: 64 * 1024 * 1024, milliseconds: 10_000 };

/**
 * Reads what is left of a request that is refused, and throws it away. A connection that is closed while its client still
 * sends gives it a broken pipe in place of the answer that says what was wrong. Never rejects.
 */
export async function discardRest(
  body: Readable,
  { bytes, milliseconds }: DiscardLimits = defaultLimits,
): Promise<void> {
  if (body.readableEnded || body.destroyed) return;
  const enough = new AbortController();
  let discarded = 0;
  const count = (chunk: Buffer): void => {
    discarded += chunk.length;
    if (discarded <= bytes) return;
    body.pause();
    enough.abort();
  };
  body.on('data', count);
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(milliseconds)]);
  await finished(body, { writable: false, signal }).catch(() => undefined);
  body.off('data', count);
}
