import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';

import type {
  WebhookDescription,
  WebhookList,
  WebhookReceipt,
} from '../../services/console/forms/webhooks.js';
import { expectPublishedForm } from '../cli/form-validator.js';
import { runCommand } from '../cli/run-command.js';
import { valueOf } from './prometheus-text.js';
import { startWholeInstallation, type WholeInstallation } from './whole-installation.js';

const patience = { timeout: 60_000, interval: 200 };
const secret = `whsec_${Buffer.alloc(32, 'secret').toString('base64')}`;
const folder = mkdtempSync(join(tmpdir(), 'faultline-webhooks-'));
let faultline: WholeInstallation;
let status = 204;
const heard: {
  readonly id: string;
  readonly type: string;
  readonly replay: string | undefined;
  readonly good: boolean;
}[] = [];

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { headers } = request;
    const text = (name: string) => String(headers[name] ?? '');
    const signed = Object.fromEntries(
      ['id', 'timestamp', 'signature'].map((part) => [`webhook-${part}`, text(`webhook-${part}`)]),
    );
    let good = true;
    try {
      new Webhook(secret).verify(Buffer.concat(chunks), signed);
    } catch {
      good = false;
    }
    const replay = headers['ce-replay'];
    heard.push({
      id: text('ce-id'),
      type: text('ce-type'),
      replay: typeof replay === 'string' ? replay : undefined,
      good,
    });
    response.writeHead(status).end();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const secretFile = join(folder, 'secret');
  writeFileSync(secretFile, `${secret}\n`);
  const url = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/events`;
  faultline = await startWholeInstallation({
    wanted: ['intake', 'maintenance', 'relay', 'console', 'webhooks'],
    sections: {
      webhooks: [
        {
          name: 'tickets',
          url,
          secretFile,
          from: 'beginning',
          filter: { topic: ['fault.hardware'] },
          retryFor: '2s',
        },
      ],
    },
  });
}, 120_000);
afterAll(async () => {
  await faultline.stop();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const webhooks = async (...words: readonly string[]): Promise<unknown> => {
  const { code, out, err } = await runCommand([
    'webhooks',
    ...words,
    '--server',
    faultline.installation.url,
    '-o',
    'json',
  ]);
  expect([code, err]).toEqual([0, '']);
  const document = JSON.parse(out) as { readonly kind: string };
  expectPublishedForm(document, document.kind);
  return document;
};
const report = (node: string) =>
  faultline.report({ cluster: 'a', node, type: 'DiskFailure', status: 'firing', source: 'test' });

describe('webhooks', { timeout: 120_000 }, () => {
  it('tell a subscriber what was decided, signed by its secret', async () => {
    expect(await report('n1')).toBe(202);
    await expect.poll(() => heard.length, patience).toBe(1);
    expect(heard[0]).toMatchObject({ type: 'dev.faultline.FaultChanged', good: true, replay: undefined });
    expect(heard[0]?.id).toMatch(/^a\/n1@/);
    const scrape = await faultline.scrape();
    expect(
      valueOf(scrape, 'faultline_webhook_requests_total', { subscriber: 'tickets', result: 'delivered' }),
    ).toBe(1);
    expect(valueOf(scrape, 'faultline_webhook_lag_seconds', { subscriber: 'tickets' })).toBe(0);
    expect(valueOf(scrape, 'faultline_webhook_paused', { subscriber: 'tickets' })).toBe(0);
  });

  it('are paused and resumed by people, and miss nothing', async () => {
    await webhooks('pause', 'tickets', '--reason', 'moves house', '--dry-run');
    expect(((await webhooks('list')) as WebhookList).items).toEqual([
      { name: 'tickets', waiting: 0, dead: 0 },
    ]);
    await webhooks('pause', 'tickets', '--reason', 'moves house');
    expect(((await webhooks('list')) as WebhookList).items).toMatchObject([
      { paused: { subject: 'unauthenticated:tester', reason: 'moves house' } },
    ]);
    await expect
      .poll(
        async () => valueOf(await faultline.scrape(), 'faultline_webhook_paused', { subscriber: 'tickets' }),
        patience,
      )
      .toBe(1);
    const before = heard.length;
    await report('n2');
    await webhooks('resume', 'tickets');
    await expect.poll(() => heard.length, patience).toBe(before + 1);
    expect(heard.at(-1)?.id).toMatch(/^a\/n2@/);
  });

  it('have dead letters, which are shown, retried and dropped', async () => {
    status = 500;
    await report('n3');
    const dead = async () => (await webhooks('show', 'tickets')) as WebhookDescription;
    await expect
      .poll(async () => (await dead()).events.map(({ state }) => state), patience)
      .toEqual(['dead']);
    const [event] = (await dead()).events;
    expect(event).toMatchObject({ node: 'a/n3', topic: 'fault.hardware', reason: 'status 500' });
    status = 204;
    const before = heard.length;
    expect(await webhooks('retry', 'tickets', '--all')).toMatchObject({ verb: 'retry', ids: [event?.id] });
    await expect.poll(() => heard.length, patience).toBe(before + 1);
    await expect.poll(async () => (await dead()).events, patience).toEqual([]);
    expect(await webhooks('drop', 'tickets', event?.id ?? '', '--reason', 'late')).toMatchObject({ ids: [] });
  });

  it('tell it all again when a person wants it, marked', async () => {
    const before = heard.length;
    const { replayId, since, forgotten } = (await webhooks(
      'replay',
      'tickets',
      '--since',
      'beginning',
    )) as WebhookReceipt;
    expect(Date.now() - Date.parse(since ?? '')).toBeLessThan(600_000);
    expect(forgotten).toEqual([]);
    const server = ['--server', faultline.installation.url];
    const only = ['--since', 'beginning', '--dry-run', ...server];
    expect((await runCommand(['webhooks', 'replay', 'tickets', ...only])).out).toContain(
      `gets its events again from ${since?.slice(0, 16) ?? ''}`,
    );
    await expect.poll(() => heard.length, patience).toBe(before + 3);
    const again = heard.slice(before);
    expect(again.map(({ replay }) => replay)).toEqual([replayId, replayId, replayId]);
    expect(again.map(({ id }) => id).toSorted()).toEqual([...new Set(heard.map(({ id }) => id))].toSorted());
  });

  it('that nobody knows, or times that are none, are refused with what would do', async () => {
    const refused = async (...words: readonly string[]) =>
      (await runCommand(['webhooks', ...words, '--server', faultline.installation.url])).err;
    expect(await refused('show', 'nobody')).toContain('there is no subscriber nobody');
    expect(await refused('replay', 'tickets', '--since', 'yesterday')).toContain('"yesterday" is no time');
    expect(await refused('replay', 'tickets', '--since', '2999-01-01T00:00:00Z')).toContain(
      'since: 2999-01-01T00:00:00Z is ahead of',
    );
    expect(await refused('retry', 'tickets')).toContain('say which: IDs, or --all');
    expect(await refused('retry', 'tickets', '--all')).toContain('has no dead events');
  });
});
