import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { NodeKey, PauseId } from '../../../domain/identifiers.js';
import { startTestServer, type TestServer } from '../../cli/faultline-server.js';

let server: TestServer;

const member = (node: string): FleetMember => ({
  node: node as NodeKey,
  ...{ pool: 'gpu', zone: 'z1', labels: {}, unavailable: false, controlPlane: false },
});

beforeEach(async () => {
  server = await startTestServer([
    { subject: 'deployer', token: 'secret-of-deployer' },
    { subject: 'anna', token: 'secret-of-anna' },
  ]);
  await server.journal.upkeep.resume();
  const members = ['a/n1', 'a/n2', 'a/n3'].map(member);
  await server.journal.inventory.replace('a', members, Date.now());
});
afterEach(() => server.stop());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function get(path: string): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function post(
  path: string,
  body: unknown,
  { key, token = 'secret-of-deployer' }: { readonly key?: string; readonly token?: string } = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const change = { cluster: 'a', node: 'n1', operation: 'isolate', reason: 'new kernel' };
const ask = (given: object = {}, key = 'k1', token?: string): Promise<Answer> =>
  post('/v1/changes', { ...change, ...given }, { key, ...(token === undefined ? {} : { token }) });
const askedFor = async (given: object = {}, key = 'k1'): Promise<string> =>
  String((await ask(given, key)).body['id']);

describe('POST /v1/changes', () => {
  it('given room, then leave is given, with a token and a lease', async () => {
    const before = Date.now();
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'Change',
      status: 'granted',
      owner: 'deployer',
      key: 'k1',
      node: 'n1',
    });
    expect(body['token']).toBeGreaterThan(0);
    const leaseUntil = Date.parse(String(body['leaseUntil']));
    expect(leaseUntil).toBeGreaterThanOrEqual(before + 60_000);
    expect(leaseUntil).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  it('given a cluster that is not configured, then it is refused, and not kept waiting for an inventory', async () => {
    expect(await ask({ cluster: 'c' })).toMatchObject({
      status: 404,
      body: {
        code: 'NotFound',
        message: 'there is no cluster c',
        next: expect.stringContaining('a') as unknown,
      },
    });
    expect((await get('/v1/changes')).body['items']).toEqual([]);
  });

  it('given the same key and body again, then it is the same change, also when it is done', async () => {
    const id = await askedFor();
    expect(await askedFor()).toBe(id);
    await post(`/v1/changes/${id}/done`, { outcome: 'succeeded' });
    expect((await ask()).body).toMatchObject({ id, status: 'succeeded' });
    expect((await get('/v1/changes')).body['items']).toHaveLength(1);
  });

  it('given the same key for something else, then it is refused', async () => {
    await ask();
    expect(await ask({ node: 'n2' })).toMatchObject({ status: 422, body: { code: 'KeyReused' } });
    const { body } = await ask({ node: 'n2' }, 'k1', 'secret-of-anna');
    expect(body).toMatchObject({ owner: 'anna', node: 'n2' });
  });

  it('given no room, then it waits, with the reason and its place', async () => {
    await ask();
    const { body } = await ask({ node: 'n2' }, 'k2');
    expect(body).toMatchObject({
      ...{ status: 'waiting' },
      waiting: { reason: 'BudgetFull: isolate/in-flight/a', place: 1 },
    });
    expect(body).not.toHaveProperty('token');
    const { askAgainAt } = body['waiting'] as { askAgainAt: string };
    expect(Date.parse(askAgainAt)).toBeLessThanOrEqual(Date.now() + 20_000);
  });

  it('given a process of ours on the node, then it waits for that', async () => {
    await server.report('a/n3', 'DiskFailure');
    const processId = await server.processOn('a/n3');
    const { body } = await ask({ node: 'n3' });
    expect(body).toMatchObject({ waiting: { reason: `NodeInMaintenance: ${processId}` } });
  });

  it('given a node that is ill, then it may be changed, and the answer says how it was: nobody looked before', async () => {
    await server.journal.inventory.replace('a', [{ ...member('a/n1'), unavailable: true }], Date.now());
    const { body } = await ask();
    const before = { health: 'unhealthy', conditions: ['Unavailable'] };
    expect(body).toMatchObject({ status: 'granted', before });
    await post(`/v1/changes/${String(body['id'])}/done`, { outcome: 'succeeded' });
    expect((await get(`/v1/changes/${String(body['id'])}`)).body).toMatchObject({ before });
  });

  it('given that it is only for a node that is well, then it waits until its node is', async () => {
    const parts = [member('a/n1'), member('a/n2')] as const;
    await server.journal.inventory.replace('a', [{ ...parts[0], unavailable: true }, parts[1]], Date.now());
    const { body } = await ask({ onlyHealthy: true });
    expect(body).toMatchObject({
      ...{ status: 'waiting', onlyHealthy: true, waiting: { reason: 'NodeNotHealthy: Unavailable' } },
      before: { health: 'unhealthy' },
    });
    await server.journal.inventory.replace('a', parts, Date.now());
    expect((await ask({ onlyHealthy: true })).body).toMatchObject({
      ...{ id: body['id'], status: 'granted', before: { health: 'healthy', conditions: [] } },
    });
  });

  it('given the same key without saying that it is only for a node that is well, then it is another change', async () => {
    await ask({ onlyHealthy: true });
    expect(await ask()).toMatchObject({ status: 422, body: { code: 'KeyReused' } });
    expect((await ask({ onlyHealthy: true })).status).toBe(200);
  });

  it('given a fault of its node, then that is what was not well there', async () => {
    await server.report('a/n3', 'DiskFailure');
    expect((await ask({ node: 'n3', onlyHealthy: true })).body).toMatchObject({
      waiting: { reason: 'NodeNotHealthy: DiskFailure' },
    });
  });

  it('given a change on the node, then another one waits for that', async () => {
    const id = await askedFor();
    const { body } = await ask({ operation: 'reimage' }, 'k2');
    expect(body).toMatchObject({ waiting: { reason: `HeldByChange: ${id}` } });
  });

  it('given a pause, a node that nobody knows, or no inventory, then it waits in the words of our own commands', async () => {
    expect((await ask({ node: 'n9' }, 'k1')).body).toMatchObject({
      waiting: { reason: 'NodeNotInInventory' },
    });
    expect((await ask({ cluster: 'b' }, 'k2')).body).toMatchObject({
      waiting: { reason: 'NoFreshInventory' },
    });
    await server.journal.guardBook.begin({
      ...{ id: 'z-1' as PauseId, key: 'z-1', where: { owners: ['deployer'] } },
      begun: { by: 'anna', reason: 'release week', at: Date.now() },
    });
    expect((await ask({}, 'k3')).body).toMatchObject({ waiting: { reason: 'Paused: z-1 (release week)' } });
    const { body } = await ask({}, 'k4', 'secret-of-anna');
    expect(body).toMatchObject({ status: 'granted' });
  });

  it.each([
    [{ operation: 'explode' }, 400],
    [{ lease: '4s' }, 400],
    [{ lease: '2h' }, 400],
    [{ lease: 'long' }, 400],
    [{ faultType: 'Flu' }, 400],
    [{ reason: ' ' }, 400],
    [{ node: 'N_1' }, 400],
    [{ nodes: ['n1'] }, 400],
  ])('given %j, then it is refused', async (given, status) => {
    expect((await ask(given)).status).toBe(status);
    expect((await get('/v1/changes')).body['items']).toEqual([]);
  });

  it('given no key or nobody who may ask, then it is refused', async () => {
    expect((await post('/v1/changes', change)).status).toBe(400);
    expect((await ask({}, 'k1', 'wrong')).status).toBe(401);
  });
});

describe('a client that waits for its answer', () => {
  const waitFor = async (wait: string): Promise<Answer> => {
    const id = await askedFor({ node: 'n2' }, 'k2');
    return post(`/v1/changes/${id}/heartbeat?wait=${wait}`, {});
  };

  it('given that leave is given back, then it is answered with leave', async () => {
    const first = await askedFor();
    const answer = waitFor('60s');
    await post(`/v1/changes/${first}/done`, { outcome: 'succeeded' });
    expect((await answer).body).toMatchObject({ status: 'granted' });
  });

  it('given that nothing is, then it is told in time why it waits', async () => {
    await ask();
    const { body } = await post('/v1/changes?wait=300ms', { ...change, node: 'n2' }, { key: 'k2' });
    expect(body).toMatchObject({ status: 'waiting', waiting: { reason: 'BudgetFull: isolate/in-flight/a' } });
  });

  it.each(['61s', '2h', 'long'])('given ?wait=%s, then it is refused', async (wait) => {
    expect((await waitFor(wait)).status).toBe(400);
  });
});

describe('a change', () => {
  it('given a heartbeat, then its lease begins anew; only its owner gives one', async () => {
    const id = await askedFor({ lease: '10s' });
    const before = Date.now();
    const { status, body } = await post(`/v1/changes/${id}/heartbeat`, {});
    expect(status).toBe(200);
    expect(Date.parse(String(body['leaseUntil']))).toBeGreaterThanOrEqual(before + 10_000);
    const { status: others } = await post(`/v1/changes/${id}/heartbeat`, {}, { token: 'secret-of-anna' });
    expect(others).toBe(403);
  });

  it('given one that waits and room meanwhile, when it gives a heartbeat, then it has leave', async () => {
    const first = await askedFor();
    const second = await askedFor({ node: 'n2' }, 'k2');
    await post(`/v1/changes/${first}/done`, { outcome: 'failed', message: 'no such image' });
    expect((await post(`/v1/changes/${second}/heartbeat`, {})).body).toMatchObject({ status: 'granted' });
    expect((await get(`/v1/changes/${first}`)).body).toMatchObject({
      ...{ status: 'failed', ended: { by: 'deployer', message: 'no such image' } },
    });
  });

  it('given that it lost its leave, then it is told so, and not that it is done', async () => {
    const id = await askedFor();
    await server.journal.changeBook.takeBack(Date.now() + 3_600_000);
    for (const [verb, body] of [
      ['heartbeat', {}],
      ['done', { outcome: 'succeeded' }],
    ] as const) {
      const answer = await post(`/v1/changes/${id}/${verb}`, body);
      expect(answer).toMatchObject({ status: 409, body: { code: 'ChangeOver' } });
      expect(answer.body['message']).toContain('lost its leave');
    }
    expect((await get(`/v1/changes/${id}`)).body).toMatchObject({ status: 'lost' });
  });

  it('given that it waits, then it can be cancelled, and nothing else', async () => {
    await ask();
    const id = await askedFor({ node: 'n2' }, 'k2');
    expect(await post(`/v1/changes/${id}/done`, { outcome: 'succeeded' })).toMatchObject({
      ...{ status: 409, body: { code: 'ChangeOver' } },
    });
    expect((await post(`/v1/changes/${id}/done`, { outcome: 'cancelled' })).status).toBe(200);
    expect((await post(`/v1/changes/${id}/done`, { outcome: 'cancelled' })).status).toBe(200);
    expect((await post(`/v1/changes/${id}/done`, { outcome: 'failed' })).status).toBe(409);
  });

  it('given one that nobody knows, then it is not found', async () => {
    for (const path of ['c-0', 'nothing']) expect((await get(`/v1/changes/${path}`)).status).toBe(404);
    expect((await post('/v1/changes/c-0/heartbeat', {})).status).toBe(404);
  });

  it('is listed with others, the newest first', async () => {
    const first = await askedFor();
    const second = await askedFor({ node: 'n2' }, 'k2');
    const ids = async (query: string): Promise<unknown> =>
      ((await get(`/v1/changes${query}`)).body['items'] as { id: string }[]).map(({ id }) => id);
    expect(await ids('')).toEqual([second, first]);
    await post(`/v1/changes/${first}/done`, { outcome: 'succeeded' });
    expect(await ids('?open=true')).toEqual([second]);
    expect(await ids('?node=a/n1')).toEqual([first]);
  });
});

describe('a rollout', () => {
  const rollout = { cluster: 'a', operation: 'release', reason: 'kernel 6.12', scope: { pools: ['gpu'] } };
  const roll = (given: object = {}, key = 'r1', token?: string): Promise<Answer> =>
    post('/v1/changes', { ...rollout, ...given }, { key, ...(token === undefined ? {} : { token }) });

  it('has leave, and as long as it has nobody else takes a node out there; its own changes go on', async () => {
    const { status, body } = await roll();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'Change',
      status: 'granted',
      cluster: 'a',
      scope: { pools: ['gpu'] },
    });
    expect(body).not.toHaveProperty('node');
    const pause = `z-${String(body['id']).slice(2)}`;
    expect((await get('/v1/guard')).body['pauses']).toMatchObject([
      { id: pause, kind: 'rollout', by: 'deployer', rollout: { change: body['id'], owner: 'deployer' } },
    ]);
    expect((await ask({}, 'k1', 'secret-of-anna')).body).toMatchObject({
      waiting: { reason: `Paused: ${pause} (a rollout is under way there: kernel 6.12)` },
    });
    expect((await ask({ node: 'n2' }, 'k2')).body).toMatchObject({ status: 'granted' });
    const kept = await post(`/v1/changes/${String(body['id'])}/heartbeat`, {});
    expect(kept.body).toMatchObject({ status: 'granted' });
    await post(`/v1/changes/${String(body['id'])}/done`, { outcome: 'succeeded' });
    expect((await get('/v1/guard')).body['pauses']).toEqual([]);
    const id = String((await ask({}, 'k1', 'secret-of-anna')).body['id']);
    await post('/v1/changes/' + String((await ask({ node: 'n2' }, 'k2')).body['id']) + '/done', {
      outcome: 'succeeded',
    });
    expect((await post(`/v1/changes/${id}/heartbeat`, {}, { token: 'secret-of-anna' })).body).toMatchObject({
      status: 'granted',
    });
  });

  it('asked for again is the same one, and with another scope the key is that of something else', async () => {
    const { body } = await roll();
    expect((await roll()).body['id']).toBe(body['id']);
    expect(await roll({ scope: {} })).toMatchObject({ status: 422, body: { code: 'KeyReused' } });
    expect(await roll({ scope: undefined, node: 'n1' })).toMatchObject({ status: 422 });
  });

  it('waits where something is frozen, and where there is no node, and says so', async () => {
    expect((await roll({ scope: { zones: ['z9'] } })).body).toMatchObject({
      ...{ status: 'waiting', waiting: { reason: 'NoNodeInScope' } },
    });
    await server.journal.guardBook.begin({
      ...{ id: 'z-1' as PauseId, key: 'z-1', where: { nodes: ['a/n3' as NodeKey] } },
      begun: { by: 'anna', reason: 'under test', at: Date.now() },
    });
    expect((await roll({}, 'r2')).body).toMatchObject({ waiting: { reason: 'Paused: z-1 (under test)' } });
    expect((await get('/v1/guard')).body['pauses']).toMatchObject([{ id: 'z-1', kind: 'freeze' }]);
  });

  it('is shown beside changes of nodes, and its pause is thawed but answers no question', async () => {
    const { body } = await roll();
    await ask();
    expect((await get('/v1/changes?open=true')).body['items']).toMatchObject([{ node: 'n1' }, rollout]);
    expect((await get('/v1/guard')).body['changes']).toMatchObject({ granted: 2 });
    const pause = `/v1/guard/pauses/z-${String(body['id']).slice(2)}`;
    const order = { reason: 'we have to' };
    expect(await post(`${pause}/deny`, order)).toMatchObject({
      body: { code: 'OrderNotTaken', message: expect.stringContaining('is a rollout') as unknown },
    });
    expect(await post(`${pause}/thaw`, order)).toMatchObject({ status: 200 });
    expect((await get('/v1/guard')).body['pauses']).toEqual([]);
  });

  it.each([
    [{ node: 'n1' }, 'both say where'],
    [{ operation: 'isolate' }, 'isolate of a scope'],
    [{ faultType: 'DiskFailure' }, 'not done because of a fault'],
    [{ onlyHealthy: true }, 'of no single node'],
    [{ scope: { pool: ['gpu'] } }, 'pool'],
    [{ scope: undefined }, 'names no node'],
  ])('given %j, then it is refused', async (given, message) => {
    expect(await roll(given)).toMatchObject({
      ...{ status: 400, body: { message: expect.stringContaining(message) as unknown } },
    });
  });
});
