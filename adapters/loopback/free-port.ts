import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';

/**
 * Below every system's range for outgoing connections (Linux 32768, IANA 49152), and below Kubernetes' node ports (30000).
 * A port that the system itself hands out may be taken by any outgoing connection before its server listens on it.
 */
const first = 12_000;
const last = 29_999;

/**
 * A TCP port of 127.0.0.1 that nobody listens on. This process is not given it again for at least 15 s. Another process
 * could take it before the caller does; each begins to look at a port by chance, so that this is rare.
 * With all of them taken it is one that the system chooses.
 */
export function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1', port: from(randomInt(first, last + 1)) });
}

/** Every port once, as far as they are asked for. */
function* from(start: number): Iterable<number> {
  yield* portNumbers(start, last);
  if (start > first) yield* portNumbers(first, start - 1);
}

/** As many different ones. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
