import { createServer } from 'node:net';

// Below the ports that systems give to outgoing connections: one of those could take a port before its server listens.
const first = 10_000;
const afterLast = 32_000;
/** Processes that choose at the same time begin at different places. */
const perProcess = 50;
const places = (afterLast - first) / perProcess;

let next = first + (process.pid % places) * perProcess;

function take(): number {
  const taken = next;
  next = taken + 1 === afterLast ? first : taken + 1;
  return taken;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((tell) => {
    const probe = createServer();
    probe.on('error', () => {
      tell(false);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        tell(true);
      });
    });
  });
}

/** A port on 127.0.0.1 on which nothing listens now. This process is never given it again, until it has seen all others. */
export async function freePort(): Promise<number> {
  for (let tries = first; tries < afterLast; tries += 1) {
    const port = take();
    if (await isFree(port)) return port;
  }
  throw new Error(`no free TCP port on 127.0.0.1 between ${first} and ${afterLast}`);
}

/** So many of them, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
