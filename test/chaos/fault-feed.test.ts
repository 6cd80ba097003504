import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultFeed } from '../../chaos/fault-feed.js';
import { Tally } from '../../chaos/tally.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../world/kubernetes/api-server.js';
import { Fleet } from '../../world/machines/fleet.js';
import { seededRandom } from '../../world/random.js';
import { realTimeClock } from '../../world/real-time-clock.js';

let folder: string;
let api: SimulatedApiServer;
let fleet: Fleet;
let refusing: Server;
let accepting: Server;
let reports: unknown[];
let tally: Tally;
let feed: FaultFeed;

function listening(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    });
  });
}

let urls: { readonly refusing: string; readonly accepting: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-feed-'));
  const clock = realTimeClock();
  const random = seededRandom('feed');
  api = await startSimulatedApiServer({ clock, token: 'token' });
  fleet = new Fleet({ nodes: 3, clock, random, link: api.kubelets, image: 'os' });
  fleet.start();
  reports = [];
  refusing = createServer((request, response) => {
    request.resume();
    response.writeHead(503).end();
  });
  accepting = createServer((request, response) => {
    void json(request).then((report) => {
      reports.push(report);
      response.writeHead(202).end(JSON.stringify({ accepted: [`r-${reports.length}`], rejected: [] }));
    });
  });
  urls = { refusing: await listening(refusing), accepting: await listening(accepting) };
  tally = new Tally();
  feed = new FaultFeed({
    ...{ fleet, random, tally, everyMs: 5 },
    intakes: [urls.refusing, urls.accepting],
    ledger: join(folder, 'acknowledged.jsonl'),
  });
});

afterEach(async () => {
  for (const server of [refusing, accepting]) server.close().closeAllConnections();
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

async function acknowledged(): Promise<readonly unknown[]> {
  const text = await readFile(join(folder, 'acknowledged.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { reportId: unknown }).reportId);
}

describe('given a copy of intake that refuses and one that accepts', () => {
  it('when faults come, then each is told until it is acknowledged, and what was is written down', async () => {
    const over = new AbortController();
    const fed = feed.run(over.signal);
    await expect.poll(() => reports.length, { timeout: 20_000 }).toBeGreaterThan(4);
    over.abort();
    await fed;
    expect(tally.faults).toBe(reports.length);
    expect(await acknowledged()).toEqual(reports.map((_, index) => `r-${index + 1}`));
    const shown = fleet.machines.flatMap(({ faults }) => faults.map(({ id }) => id));
    expect(reports.map((report) => (report as { message: string }).message).toSorted()).toEqual(
      shown.toSorted(),
    );
  });

  it('when one fault is to be told to the copy that refuses, then that fails, and the other hears of it', async () => {
    expect(await feed.failTelling(urls.refusing, 300)).toBe(false);
    await expect.poll(() => reports.length, { timeout: 20_000 }).toBe(1);
    expect(await feed.failTelling(urls.accepting, 5_000)).toBe(true);
  });
});
