import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { NodeKey } from '../../../domain/identifiers.js';
import { consoleOperations } from '../../../services/console/open-api.js';
import { startTestServer, type TestServer } from '../../cli/faultline-server.js';

let server: TestServer;
let processId: string;

beforeAll(async () => {
  server = await startTestServer([{ subject: 'anna', token: 'secret-of-anna' }]);
  for (const node of ['a/n1', 'a/n2', 'a/n3']) await server.report(node, 'DiskFailure');
  await server.report('a/n2', 'KernelDeadlock');
  processId = await server.processOn('a/n1');
});

afterAll(() => server.stop());

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function order(body: unknown, token?: string) {
  const response = await fetch(`${server.url}/v1/processes/${processId}/orders`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

interface NamedItems {
  readonly items: readonly { readonly node: string; readonly type?: string }[];
  readonly next?: string;
}

async function pages(path: string, limit: number): Promise<readonly (readonly string[])[]> {
  const found: string[][] = [];
  let after = '';
  for (;;) {
    const { body } = await get(`${path}?limit=${limit}${after}`);
    const { items, next } = body as unknown as NamedItems;
    found.push(items.map(({ node, type }) => [node, ...(type === undefined ? [] : [type])].join(' ')));
    if (next === undefined) return found;
    after = `&after=${encodeURIComponent(next)}`;
  }
}

describe('reading', () => {
  it('pages through nodes without losing or doubling one', async () => {
    expect((await pages('/v1/nodes', 2)).flat()).toEqual(['n1', 'n2', 'n3']);
  });

  it('never parts the faults of one node', async () => {
    expect(await pages('/v1/faults', 2)).toEqual([
      ['n1 DiskFailure', 'n2 DiskFailure', 'n2 KernelDeadlock'],
      ['n3 DiskFailure'],
    ]);
  });

  it('tells active processes from those that are over', async () => {
    expect((await get('/v1/processes?active=true')).body['items']).toHaveLength(3);
    expect((await get('/v1/processes?active=false')).body['items']).toHaveLength(0);
    expect((await get('/v1/processes?node=a%2Fn1')).body['items']).toMatchObject([{ processId }]);
  });

  it('replays the state that is stored, and that of before', async () => {
    const { body } = await get('/v1/nodes/a/n2/replay');
    expect(body).toMatchObject({ sameAsStored: true, state: { node: 'a/n2' } });
    const early = await get('/v1/nodes/a/n2/replay?at=2020-01-01T00:00:00Z');
    expect(early.body).toMatchObject({ factVersion: 0, state: { faults: {} } });
  });

  it('changes nothing', async () => {
    const before = await server.history.state('a/n1' as NodeKey);
    for (const path of [
      '/v1/nodes',
      '/v1/nodes/a/n1',
      '/v1/nodes/a/n1/replay',
      `/v1/processes/${processId}`,
    ]) {
      expect((await get(path)).status).toBe(200);
    }
    expect(await server.history.state('a/n1' as NodeKey)).toEqual(before);
  });

  it.each([
    ['/v1/nodes/a/none', 404, 'NotFound'],
    ['/v1/nodes/a/A_B', 400, 'BadRequest'],
    ['/v1/nodes?limit=0', 400, 'BadRequest'],
    ['/v1/processes/none', 404, 'NotFound'],
    ['/v1/nodes/a/n1/replay?at=soon', 400, 'BadRequest'],
  ])('%s is refused as a problem', async (path, status, code) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ kind: 'Problem', code });
    expect(answer.body['next']).not.toBe('');
  });
});

describe('orders, given operators are configured', () => {
  const abort = { kind: 'abort', reason: 'test', dryRun: true };

  it.each([
    [abort, undefined, 401, 'Unauthorized'],
    [abort, 'wrong', 401, 'Unauthorized'],
    [{ ...abort, reason: ' ' }, 'secret-of-anna', 400, 'BadRequest'],
    [{ ...abort, kind: 'explode' }, 'secret-of-anna', 400, 'BadRequest'],
    [{ ...abort, kind: 'skip' }, 'secret-of-anna', 409, 'OrderNotTaken'],
  ])('%j with token %s is refused with %i', async (body, token, status, code) => {
    expect(await order(body, token)).toMatchObject({ status, body: { kind: 'Problem', code } });
  });

  it('the token says who gives it, whatever the body claims', async () => {
    const { status, body } = await order({ ...abort, subject: 'mallory' }, 'secret-of-anna');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'preview', subject: 'anna' });
  });
});

it('serves every operation that its description has', async () => {
  await server.deadLetter(Buffer.from('nonsense'));
  await server.enrolWebhook('s');
  const asked = await fetch(`${server.url}/v1/changes`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer secret-of-anna',
      'idempotency-key': 'k1',
    },
    body: JSON.stringify({ cluster: 'a', node: 'n1', operation: 'isolate', reason: 'new kernel' }),
  });
  const { id: changeId } = (await asked.json()) as { id: string };
  const { body } = await get('/v1/openapi.json');
  expect(Object.keys(body['paths'] as object).sort()).toEqual(
    [...new Set(consoleOperations.map(({ path }) => path))].sort(),
  );
  for (const { path, method } of consoleOperations.filter((operation) => operation.method === 'get')) {
    const names = {
      cluster: 'a',
      node: 'n1',
      id: path.startsWith('/v1/changes') ? changeId : processId,
      topic: 'fault.reports.dlt',
      partition: 0,
      offset: 0,
      name: 's',
    };
    const real = Object.entries(names).reduce(
      (text, [name, value]) => text.replace(`{${name}}`, String(value)),
      path,
    );
    // What streams goes on until it is told otherwise.
    const ending = path === '/v1/events' ? '?from=beginning&until=now' : '';
    expect((await fetch(`${server.url}${real}${ending}`)).status, `${method} ${path}`).toBe(200);
  }
});
