import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { NodeKey, PauseId, ProcessId } from '../../../domain/identifiers.js';
import type { Pause } from '../../../domain/pause.js';
import { startTestServer, type TestServer } from '../../cli/faultline-server.js';

const hourMs = 3_600_000;
const minuteMs = 60_000;
let server: TestServer;

const member = (node: string, pool: string): FleetMember => ({
  node: node as NodeKey,
  ...{ pool, zone: 'z1', labels: { rack: 'r1' }, unavailable: false, controlPlane: false },
});

async function startServer(): Promise<void> {
  server = await startTestServer([{ subject: 'anna', token: 'secret-of-anna' }]);
  const members = [member('a/n1', 'gpu'), member('a/n2', 'gpu'), member('a/n3', 'cpu')];
  await server.journal.inventory.replace('a', members, Date.now());
}

/** Its tests change what is held back: each has a server of its own. */
function eachOnItsOwn(): void {
  beforeEach(startServer);
  afterEach(() => server.stop());
}

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function post(path: string, body: unknown, token: string | undefined = 'secret-of-anna') {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function inForce(): Promise<readonly unknown[]> {
  const { body } = await get('/v1/guard');
  return body['pauses'] as readonly unknown[];
}

async function begin(given: Partial<Omit<Pause, 'id'>> & { readonly id: string }): Promise<void> {
  const begun = { by: 'breaker rack', reason: 'too many', at: Date.now() };
  const pause: Pause = { key: given.id, where: {}, begun, ...given, id: given.id as PauseId };
  expect(await server.journal.guardBook.begin(pause)).toBe(true);
}

const incident = {
  breaker: 'rack',
  common: 'rack r1 of a',
  nodes: ['a/n1' as NodeKey, 'a/n2' as NodeKey],
  count: 2,
  faultTypes: ['DiskFailure'],
  shared: [],
  since: 0,
  latestAt: 0,
};

/** The first command of a node with this fault, which waits for leave for a reason. */
async function waitingOn(node: string, faultType: string, reason: string): Promise<string> {
  await server.report(node, faultType);
  const processId = (await server.processOn(node)) as ProcessId;
  const [row] = await server.history.commands(processId);
  if (row === undefined) throw new Error(`${node} has no command`);
  await server.journal.commands.postpone(row.command.id, { until: Date.now() + hourMs, reason });
  return row.command.id;
}

describe('a freeze that says too little, or what nobody knows', () => {
  beforeAll(startServer);
  afterAll(() => server.stop());

  it.each([
    [{ where: {}, reason: 'r' }, 'would freeze everything'],
    [{ where: { pools: ['gpu'] }, everything: true, reason: 'r' }, 'where names a part'],
    [{ where: { clusters: ['a'], pool: ['gpu'] }, reason: 'r' }, 'additional properties: pool'],
    [{ where: { clusters: [] }, reason: 'r' }, 'body/where/clusters'],
    [{ where: { clusters: ['a', 'a'] }, reason: 'r' }, 'duplicate items'],
    [{ where: { clusters: 'a' }, reason: 'r' }, 'body/where/clusters must be array'],
    [{ where: { clusters: ['a', 'production'] }, reason: 'r' }, 'there is no cluster production'],
    [{ where: { nodes: ['production/n1'] }, reason: 'r' }, 'there is no cluster production'],
    [{ where: { labels: { row: ['w1'] } }, reason: 'r' }, 'the label row is not kept of nodes'],
    [{ where: { labels: {} }, reason: 'r' }, 'body/where/labels'],
    [{ where: { faultTypes: ['Flu'] }, reason: 'r' }, 'DiskFailure'],
    [{ where: { nodes: ['n1'] }, reason: 'r' }, 'n1 is no node'],
    [{ where: { pools: ['gpu'] }, operations: ['explode'], reason: 'r' }, 'isolate, migrate'],
    [{ where: { pools: ['gpu'] } }, "required property 'reason'"],
    [{ where: { pools: ['gpu'] }, reason: ' ' }, 'body/reason'],
    [{ where: { pools: ['gpu'] }, reason: 'r', for: '2 hours' }, 'body/for'],
    [{ where: { pools: ['gpu'] }, reason: 'r', for: '0s' }, '0s is no end to come'],
    [{ where: { pools: ['gpu'] }, reason: 'r', for: '999999999d' }, 'is no end to come'],
    [{ where: { pools: ['gpu'] }, reason: 'r', until: '2020-01-01T00:00:00Z' }, 'is no end to come'],
    [{ where: { pools: ['gpu'] }, reason: 'r', until: 'soon' }, '"soon" is no time'],
    [{ where: { pools: ['gpu'] }, reason: 'r', for: '2h', until: '2999-01-01T00:00:00Z' }, 'both say'],
  ])('%j is refused, and nothing is frozen', async (order, message) => {
    const { status, body } = await post('/v1/guard/freezes', order);
    expect(status).toBe(400);
    expect(body).toMatchObject({ kind: 'Problem', code: 'BadRequest' });
    expect(body['message']).toContain(message);
    expect(await inForce()).toEqual([]);
  });
});

describe('a freeze', () => {
  eachOnItsOwn();

  it('holds from when it is answered until its end, and says how many nodes it is about', async () => {
    const before = Date.now();
    const { status, body } = await post('/v1/guard/freezes', {
      where: { clusters: ['a'], pools: ['gpu'], labels: { rack: ['r1'] } },
      operations: ['isolate'],
      reason: 'network work',
      for: '2h',
      subject: 'mallory',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ verb: 'freeze', changed: true, nodes: 2, subject: 'anna' });
    const { pauses } = await server.journal.guardBook.present();
    expect(pauses).toEqual([
      {
        id: body['id'],
        key: body['id'],
        where: { clusters: ['a'], pools: ['gpu'], labels: { rack: ['r1'] } },
        operations: ['isolate'],
        begun: { by: 'anna', reason: 'network work', at: expect.any(Number) as number },
        until: expect.any(Number) as number,
      },
    ]);
    const [pause] = pauses;
    expect(pause?.id).toMatch(/^z-[0-9a-f]{16}$/);
    expect(pause?.begun.at).toBeGreaterThanOrEqual(before);
    expect((pause?.until ?? 0) - (pause?.begun.at ?? 0)).toBe(2 * hourMs);
    expect(await inForce()).toEqual([body['pause']]);
  });

  it('may overlap with another one', async () => {
    const order = { where: { nodes: ['a/n1', 'a/n3'], pools: ['cpu'] }, reason: 'r' };
    expect((await post('/v1/guard/freezes', order)).body).toMatchObject({ changed: true, nodes: 1 });
    expect((await post('/v1/guard/freezes', order)).body).toMatchObject({ changed: true });
    expect(await inForce()).toHaveLength(2);
  });

  it('is of everything only when that is said', async () => {
    const { body } = await post('/v1/guard/freezes', { where: {}, everything: true, reason: 'r' });
    expect(body).toMatchObject({ changed: true, nodes: 3, pause: { where: {} } });
  });

  it('of a dry run is none', async () => {
    const order = { where: { pools: ['gup'] }, reason: 'r', dryRun: true };
    expect((await post('/v1/guard/freezes', order)).body).toMatchObject({ changed: false, nodes: 0 });
    expect(await inForce()).toEqual([]);
  });

  it('is taken from operators only', async () => {
    const order = { where: { pools: ['gpu'] }, reason: 'r' };
    expect((await post('/v1/guard/freezes', order, 'wrong')).status).toBe(401);
    await begin({ id: 'z-1' });
    expect((await post('/v1/guard/pauses/z-1/thaw', { reason: 'r' }, 'wrong')).status).toBe(401);
    expect(await inForce()).toMatchObject([{ id: 'z-1' }]);
  });

  it('ends by thawing, once, and whoever thaws it again hears who did', async () => {
    await begin({ id: 'z-1' });
    expect((await post('/v1/guard/pauses/z-1/thaw', { reason: 'done', dryRun: true })).body).toMatchObject({
      changed: false,
    });
    expect(await inForce()).toHaveLength(1);
    const thawed = await post('/v1/guard/pauses/z-1/thaw', { reason: 'done' });
    expect(thawed).toMatchObject({ status: 200, body: { verb: 'thaw', changed: true, id: 'z-1' } });
    expect(await inForce()).toEqual([]);
    const again = await post('/v1/guard/pauses/z-1/thaw', { reason: 'again' });
    expect(again).toMatchObject({ status: 404, body: { code: 'NotFound' } });
    expect(again.body['message']).toMatch(/^z-1 is over, thawed by anna at .*: done$/);
    expect((await get('/v1/guard/pauses')).body['items']).toMatchObject([
      { id: 'z-1', ended: { how: 'thawed', by: 'anna', reason: 'done' } },
    ]);
  });

  it('that two thaw at once is ended by one of them', async () => {
    await begin({ id: 'z-1' });
    const thaw = () => post('/v1/guard/pauses/z-1/thaw', { reason: 'r' });
    const answers = await Promise.all([thaw(), thaw(), thaw()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404]);
  });

  it('whose time is over is not in force, though nobody has ended it yet', async () => {
    await begin({ id: 'z-1', until: Date.now() - 1 });
    expect(await inForce()).toEqual([]);
    const { status, body } = await post('/v1/guard/pauses/z-1/thaw', { reason: 'r' });
    expect([status, body['message']]).toEqual([404, expect.stringContaining('its time ended at')]);
  });

  it.each(['approve', 'deny'])('is no question: %s is refused', async (verb) => {
    await begin({ id: 'z-1' });
    const { status, body } = await post(`/v1/guard/pauses/z-1/${verb}`, { reason: 'r' });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'OrderNotTaken' });
    expect(body['next']).toContain('faultline guard thaw z-1');
    expect(await inForce()).toHaveLength(1);
  });
});

describe('an incident', () => {
  eachOnItsOwn();
  beforeEach(() => begin({ id: 'z-1', incident }));

  it('is over when somebody says that it is real', async () => {
    const { body } = await post('/v1/guard/pauses/z-1/approve', { reason: 'PDU burnt' });
    expect(body).toMatchObject({ verb: 'approve', changed: true, pause: { kind: 'incident' } });
    expect(await inForce()).toEqual([]);
    expect((await get('/v1/guard/pauses')).body['items']).toMatchObject([
      { ended: { how: 'approved', by: 'anna', reason: 'PDU burnt' } },
    ]);
  });

  it('that is denied stays in force, and is denied once', async () => {
    const first = await post('/v1/guard/pauses/z-1/deny', { reason: 'bad probe' });
    expect(first.body).toMatchObject({ changed: true, pause: { incident: { denied: { by: 'anna' } } } });
    const again = await post('/v1/guard/pauses/z-1/deny', { reason: 'again' });
    expect(again).toMatchObject({
      status: 200,
      body: { changed: false, pause: { incident: { denied: { by: 'anna', reason: 'bad probe' } } } },
    });
    expect(await inForce()).toEqual([first.body['pause']]);
  });

  it('that two deny at once is denied by one of them', async () => {
    const deny = () => post('/v1/guard/pauses/z-1/deny', { reason: 'bad probe' });
    const answers = await Promise.all([deny(), deny(), deny()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.filter(({ body }) => body['changed'] === true)).toHaveLength(1);
  });

  it('that is denied can only be thawed', async () => {
    await post('/v1/guard/pauses/z-1/deny', { reason: 'bad probe' });
    const { status, body } = await post('/v1/guard/pauses/z-1/approve', { reason: 'r' });
    expect([status, body['code'], body['message']]).toEqual([
      409,
      'OrderNotTaken',
      'z-1 was denied by anna: bad probe',
    ]);
    expect((await post('/v1/guard/pauses/z-1/thaw', { reason: 'r' })).status).toBe(200);
  });

  it('names its first 20 nodes', async () => {
    const nodes = Array.from({ length: 50 }, (_, index) => `a/m${index}` as NodeKey);
    await begin({ id: 'z-2', incident: { ...incident, nodes, count: 50 } });
    const [, second] = (await inForce()) as readonly { readonly incident: { readonly nodes: unknown } }[];
    expect(second?.incident).toMatchObject({ count: 50, nodes: nodes.slice(0, 20) });
  });
});

describe('what waits', () => {
  eachOnItsOwn();

  it('is told by rank, and counted by the first word of the reason', async () => {
    await waitingOn('a/n1', 'DiskFailure', 'BudgetFull: isolate/in-flight/a');
    await waitingOn('a/n2', 'DiskFailure', 'BudgetFull: isolate/in-flight/a');
    await waitingOn('a/n3', 'DiskFailure', 'NoFreshInventory');
    const { body } = await get('/v1/guard');
    expect(body['waiting']).toMatchObject({
      count: 3,
      reasons: [
        { reason: 'BudgetFull', count: 2 },
        { reason: 'NoFreshInventory', count: 1 },
      ],
      items: [
        { node: 'n1', type: 'isolateNode', faultType: 'DiskFailure' },
        { node: 'n2', reason: 'BudgetFull: isolate/in-flight/a' },
        { node: 'n3', reason: 'NoFreshInventory' },
      ],
    });
  });

  it('at a node is told with the pauses that hold it back, and those about the node', async () => {
    const command = await waitingOn('a/n1', 'DiskFailure', 'Paused: z-pool (r)');
    await begin({ id: 'z-pool', where: { pools: ['gpu'] } });
    await begin({ id: 'z-other-pool', where: { pools: ['cpu'] } });
    await begin({ id: 'z-fault', where: { faultTypes: ['DiskFailure'] } });
    await begin({ id: 'z-other-fault', where: { faultTypes: ['KernelDeadlock'] } });
    await begin({ id: 'z-reporter', where: { reporters: ['test'] } });
    await begin({ id: 'z-reimage', where: { nodes: ['a/n1' as NodeKey] }, operations: ['reimage'] });
    const { body } = await get('/v1/guard/nodes/a/n1');
    expect(body).toMatchObject({
      health: 'in-maintenance',
      member: { pool: 'gpu', zone: 'z1', labels: { rack: 'r1' }, unavailable: false },
      waiting: [{ commandId: command, pauses: ['z-pool', 'z-fault', 'z-reporter'] }],
      pauses: [{ id: 'z-pool' }, { id: 'z-fault' }, { id: 'z-reporter' }, { id: 'z-reimage' }],
    });
  });

  it('is nothing at a node that is well', async () => {
    await begin({ id: 'z-fault', where: { faultTypes: ['DiskFailure'] } });
    expect((await get('/v1/guard/nodes/a/n2')).body).toMatchObject({ waiting: [], pauses: [] });
  });

  it('at a node that is in no inventory is told all the same', async () => {
    await waitingOn('a/n9', 'DiskFailure', 'NodeNotInInventory');
    await begin({ id: 'z-pool', where: { pools: ['gpu'] } });
    const { body } = await get('/v1/guard/nodes/a/n9');
    expect(body).not.toHaveProperty('member');
    expect(body).toMatchObject({ waiting: [{ reason: 'NodeNotInInventory', pauses: [] }], pauses: [] });
  });

  it.each([
    ['/v1/guard/nodes/a/none', 404],
    ['/v1/guard/nodes/a/A_B', 400],
  ])('%s is refused with %i', async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });
});

describe('what was', () => {
  eachOnItsOwn();

  it('pages through all pauses, the newest first', async () => {
    for (const id of ['z-1', 'z-2', 'z-3']) await begin({ id });
    const first = await get('/v1/guard/pauses?limit=2');
    expect(first.body['items']).toMatchObject([{ id: 'z-3' }, { id: 'z-2' }]);
    const second = await get(`/v1/guard/pauses?limit=2&after=${String(first.body['next'])}`);
    expect(second.body['items']).toMatchObject([{ id: 'z-1' }]);
    expect((await get('/v1/guard/pauses?after=x')).status).toBe(400);
  });

  it('counters tell what is taken now of how many: what was begun in a window that is over counts no more', async () => {
    const id = await waitingOn('a/n1', 'DiskFailure', 'BudgetFull: x');
    const window = (at: number) => new Date(at).toISOString();
    const now = Date.now();
    const counters = [
      'isolate/in-flight/a',
      `isolate/rate/a/${window(now - 2 * minuteMs)}`,
      `isolate/rate/a/${window(now)}`,
      `taken-out-of-the-policy/rate/a/${window(now)}`,
    ];
    const answer = await server.journal.commands.claim(
      id as Parameters<typeof server.journal.commands.claim>[0],
      {
        by: 'test',
        now: now + 2 * hourMs,
        leaseMs: hourMs,
        budgets: counters.map((counter) => ({
          counter,
          line: counter,
          ...{ operation: 'isolate', cap: 5, until: 'never' },
        })),
      },
    );
    expect(answer.kind).toBe('claimed');
    expect((await get('/v1/guard')).body['counters']).toEqual([
      { counter: 'isolate/in-flight/a', used: 1, cap: 1 },
      { counter: `isolate/rate/a/${window(now)}`, used: 1, cap: 10 },
    ]);
  });
});
