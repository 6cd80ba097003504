import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runCommand, type Ran } from './run-command.js';

const waiting = {
  ...{ commandId: 'p-1.1.1', processId: 'p-1', cluster: 'a', node: 'n1', type: 'isolateNode' },
  ...{ faultType: 'DiskFailure', reason: 'BudgetFull: isolate/in-flight/a', place: 2 },
  ...{ since: '2026-11-29T10:00:00.000Z', askedAgainAt: '2026-11-29T10:00:15.000Z' },
};

/** What 0.2.0 answers: it knew nothing yet of changes of others there, nor of a policy that is refused. */
const answers: Readonly<Record<string, object>> = {
  '/v1/guard': {
    ...{ apiVersion: 'faultline.dev/v1', kind: 'Guard', version: 3, pauses: [], metrics: [] },
    counters: [{ counter: 'isolate/in-flight/a', used: 1 }],
    waiting: { count: 1, reasons: [{ reason: 'BudgetFull', count: 1 }], items: [waiting] },
  },
  '/v1/guard/nodes/a/n1': {
    ...{ apiVersion: 'faultline.dev/v1', kind: 'GuardNode', cluster: 'a', node: 'n1', pauses: [] },
    waiting: [{ ...waiting, pauses: [] }],
  },
};

let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { code: 'NotFound', message: 'there is no such path' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function guard(...words: readonly string[]): Promise<Ran> {
  const { port } = server.address() as AddressInfo;
  return runCommand(['guard', ...words, '--server', `http://127.0.0.1:${port}`]);
}

describe('a server of 0.2.0', () => {
  it('is understood by status, which says what it does not tell of', async () => {
    const { code, out, err } = await guard('status');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('\nwaiting for leave: 1 (BudgetFull 1)\n');
    expect(out).toContain(
      '\nchanges of others: this server does not tell of them: it is of an older release\n',
    );
    expect(out).toContain('\nbudgets in use: 1\n');
  });

  it('is understood by why', async () => {
    const { code, out, err } = await guard('why', 'a/n1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/isolateNode because of DiskFailure waits for .*: BudgetFull: isolate\/in-flight\/a/);
  });
});
