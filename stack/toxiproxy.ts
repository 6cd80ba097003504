import { join } from 'node:path';
import { freePort } from './free-port.js';
import { provide } from './cache.js';
import { toxiproxyRecipe } from './component-recipes.js';
import { launch, untilReady } from './supervised.js';

/** What a toxic does to a connection; see toxiproxy's own list. A `timeout` of 0 swallows everything until it is taken away. */
export interface Toxic {
  readonly type: 'latency' | 'timeout' | 'bandwidth' | 'slicer' | 'reset_peer';
  /** `upstream`: from the client to the server. */
  readonly stream: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

export interface Route {
  readonly name: string;
  /** Where clients connect to. */
  readonly port: number;
  /** Where the server is. */
  readonly upstreamPort: number;
}

export interface ToxiproxyStack {
  /** Ends all connections of a route and refuses new ones, or takes them again. */
  enable(route: string, enabled: boolean): Promise<void>;
  /** From now on, for new and open connections. */
  poison(route: string, toxic: Toxic): Promise<void>;
  /** Takes all toxics of a route away. A connection that was open under a `timeout` is ended by it; new ones are whole. */
  heal(route: string): Promise<void>;
  stop(): Promise<void>;
}

/** toxiproxy between clients and servers on 127.0.0.1. Routes may lead to servers that do not run yet. */
export async function startToxiproxy(options: {
  readonly folder: string;
  readonly routes: readonly Route[];
  /** Of its own dice. */
  readonly seed: number;
}): Promise<ToxiproxyStack> {
  const { folder, routes, seed } = options;
  const program = join(await provide(toxiproxyRecipe), 'bin', 'server');
  const port = await freePort();
  const server = await launch({
    name: 'toxiproxy',
    program,
    args: ['-host', '127.0.0.1', '-port', String(port), '-seed', String(seed)],
    log: join(folder, 'toxiproxy.log'),
    folder,
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(server, async () => (await fetch(`${url}/version`)).ok);
  for (const route of routes) await send(`${url}/proxies`, 'POST', proxyOf(route));
  return {
    enable: (route, enabled) => send(`${url}/proxies/${route}`, 'POST', { enabled }),
    poison: (route, toxic) => send(`${url}/proxies/${route}/toxics`, 'POST', toxic),
    async heal(route) {
      const toxics = await (await fetch(`${url}/proxies/${route}/toxics`)).json();
      for (const name of namesOf(toxics)) await send(`${url}/proxies/${route}/toxics/${name}`, 'DELETE');
    },
    stop: () => server.stop(),
  };
}

function proxyOf({ name, port, upstreamPort }: Route): object {
  return { name, listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstreamPort}`, enabled: true };
}

function namesOf(toxics: unknown): readonly string[] {
  if (!Array.isArray(toxics)) return [];
  return toxics.flatMap((toxic: unknown) =>
    typeof toxic === 'object' && toxic !== null && 'name' in toxic && typeof toxic.name === 'string'
      ? [toxic.name]
      : [],
  );
}

async function send(url: string, method: 'POST' | 'DELETE', body?: object): Promise<void> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`toxiproxy: ${method} ${url}: ${answer.status} ${await answer.text()}`);
}
