import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';

/**
 * Below every system's range for outgoing connections (Linux 32768, IANA 49152), and below Kubernetes' node ports (30000).
 * A port that the system itself hands out may be taken by any outgoing connection before its server listens on it.
 */
const first = 12_000;
const last = 29_999;

/**
 * A TCP port of 127.0.0.1 that nobody listens on, and that nobody else is given by this function for as long as this process
 * lives, whether a server listens on it or not yet or not now: servers take long to start, and are stopped and started again.
 * @throws RangeError when no port is left
 */
export async function freePort(): Promise<number> {
  for (const candidate of from(randomInt(first, last + 1))) {
    const port = await getPort({ host: '127.0.0.1', port: candidate });
    if (port === candidate && (await hold(port))) return port;
  }
  throw new RangeError(`all ports from ${first} to ${last} are taken`);
}

/**
 * Whether the number is ours from now on. Who has it holds the UDP port of that number, of which no server here makes use: no
 * two processes can, whoever they run as, and the system takes it back however the process ends.
 */
async function hold(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(socket, 'listening');
  } catch {
    socket.close();
    return false;
  }
  socket.unref();
  return true;
}

/** Every port once. */
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
