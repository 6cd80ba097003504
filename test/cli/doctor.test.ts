import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DoctorReport } from '../../cli/forms/doctor.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand } from './run-command.js';

let folder: string;
let server: Server;
let url: string;
/** Rights that the API server denies, like `patch nodes`. */
let denied: Set<string>;
const changes: string[] = [];

interface Review {
  readonly spec: { readonly resourceAttributes: { verb: string; resource: string; subresource?: string } };
}

/** API server, Redfish and webhooks in one, as far as a doctor asks them. */
function answer(method: string, path: string, body: string): { status: number; body: object } {
  if (path === '/subjects') return { status: 401, body: {} };
  if (path === '/version') return { status: 200, body: { gitVersion: 'v1.35.0' } };
  if (path.endsWith('/selfsubjectaccessreviews')) {
    const { verb, resource, subresource } = (JSON.parse(body) as Review).spec.resourceAttributes;
    const right = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    return { status: 201, body: { status: { allowed: !denied.has(right) } } };
  }
  if (method !== 'GET') changes.push(`${method} ${path}`);
  if (path.includes('/medik8s-leases/') && denied.has('list medik8s-leases'))
    return { status: 403, body: {} };
  if (path.includes('/leases')) return { status: 200, body: { metadata: {}, items: [] } };
  return path.startsWith('/redfish/v1/') ? { status: 200, body: {} } : { status: 404, body: {} };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-doctor-'));
  denied = new Set();
  changes.length = 0;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const given = answer(request.method ?? '', new URL(request.url ?? '', 'http://x').pathname, body);
      response.writeHead(given.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function doctor(more: string, mode = 'active') {
  const kubeconfig = `{current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],
    clusters: [{name: k, cluster: {server: '${url}'}}], users: [{name: u, user: {token: t}}]}`;
  writeFileSync(join(folder, 'kubeconfig'), kubeconfig);
  const path = join(folder, 'faultline.yaml');
  const bmc = `{url: '${url}', nodes: {n1: {}}}`;
  writeFileSync(
    path,
    `clusters: [{name: a, kubeconfig: kubeconfig, ${mode === 'none' ? '' : `mode: ${mode}, `}medik8sLeases: true, bmc: ${bmc}}]\n${more}`,
  );
  const ran = await runCommand(['doctor', '--config', path, '-o', 'json']);
  const report = JSON.parse(ran.out) as DoctorReport;
  expectPublishedForm(report, 'DoctorReport');
  return { ...ran, report, failed: report.checks.filter(({ result }) => result === 'failed') };
}

describe('doctor', () => {
  it('given everything is there, then all is ok, and nothing was changed anywhere', async () => {
    const { code, failed, report } = await doctor(
      `drivers: {tickets: {url: '${url}'}, actions: {url: '${url}'}}`,
    );
    expect(failed).toEqual([]);
    expect(code).toBe(0);
    expect(report.checks.filter(({ what }) => what.includes(': may ')).length).toBe(11);
    expect(changes).toEqual([]);
  });

  it('given a right is missing, then it is named with what to do', async () => {
    denied.add('create pods/eviction').add('list medik8s-leases');
    const { code, err, failed } = await doctor('');
    expect(code).toBe(1);
    expect(failed).toEqual([
      {
        what: 'cluster a: may create pods/eviction',
        result: 'failed',
        detail: 'not allowed',
        next: 'apply deploy/rbac.yaml and use its service account',
      },
      {
        what: 'cluster a: may list leases in medik8s-leases',
        result: 'failed',
        detail: 'not allowed, or there is no answer',
        next: 'apply deploy/medik8s-leases.yaml, or set medik8sLeases: false',
      },
    ]);
    expect(err).toContain('error (ChecksFailed): 2 of');
  });

  it('given the registry does not take the token, then that is said, and not what the token was', async () => {
    writeFileSync(join(folder, 'registry.token'), 'stale');
    const { out, failed } = await doctor(
      `schemaRegistry: {kind: confluent, url: '${url}', tokenFile: registry.token}`,
    );
    expect(failed).toEqual([
      {
        what: `schema registry at ${url}`,
        result: 'failed',
        detail: 'user, password or token is wrong, or has no right to read (answered 401)',
        next: 'check schemaRegistry.username and its password, or its token, and what the registry allows them',
      },
    ]);
    expect(out).not.toContain('stale');
  });

  it('given mode observe, then rights to write are not asked for', async () => {
    denied.add('patch nodes');
    const { code, report } = await doctor('', 'observe');
    expect(code).toBe(0);
    expect(report.checks.map(({ what }) => what)).not.toContain('cluster a: may patch nodes');
    expect(report.checks.map(({ what }) => what)).not.toContain(
      'cluster a: may list leases in medik8s-leases',
    );
  });

  it('given a cluster where only a fault type is active, then rights to write are asked for', async () => {
    denied.add('patch nodes');
    const { failed } = await doctor('mode: {faultTypes: {KernelDeadlock: active}}', 'none');
    expect(failed.map(({ what }) => what)).toEqual(['cluster a: may patch nodes']);
  });

  it.each([
    ['its cluster says observe', 'observe', 'observe', 'each cluster says its own mode'],
    ['its cluster says active', 'active', 'observe', 'each cluster says its own mode'],
    ['the default is active', 'none', 'active', 'mode.default is active already'],
  ])(
    'given a pool that is active where %s, then it tells that this has no effect',
    async (_what, ...given) => {
      const [mode, byDefault, why] = given;
      const { code, report } = await doctor(`mode: {default: ${byDefault}, pools: {gpu: active}}`, mode);
      expect(code).toBe(0);
      expect(report.checks.filter(({ result }) => result === 'attention')).toEqual([
        expect.objectContaining({
          what: 'modes',
          detail: expect.stringMatching(`no effect has active at mode.pools.gpu: .*${why}`) as unknown,
          next: expect.stringContaining('take it away in') as unknown,
        }),
      ]);
    },
  );

  it('given a pool that is active where nothing else is said, then it tells where it may act', async () => {
    const { report } = await doctor('mode: {pools: {gpu: active}}', 'none');
    expect(report.checks[0]).toEqual({ what: 'modes', result: 'ok', detail: 'may act in a' });
  });

  it('given nothing answers, then each system is named with what to do', async () => {
    const { code, failed } = await doctor(`
eventLog: {kind: kafka, brokers: ['127.0.0.1:1']}
journal: {kind: postgres, connection: 'postgres://u@127.0.0.1:1/d'}
schemaRegistry: {kind: confluent, url: 'http://127.0.0.1:1'}
drivers: {tickets: {url: 'http://127.0.0.1:1'}}`);
    expect(code).toBe(1);
    expect(failed.map(({ what }) => what)).toEqual([
      'journal: PostgreSQL at 127.0.0.1:1',
      'event log: Kafka at 127.0.0.1:1',
      'schema registry at http://127.0.0.1:1',
      'tickets webhook at http://127.0.0.1:1',
    ]);
    for (const { detail, next } of failed) {
      expect(detail).not.toBe('');
      expect(next).toBeDefined();
    }
  });
});
