import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createWebhookMachineActions } from '../../../adapters/webhook/machine-actions.js';
import { createWebhookTicketSystem } from '../../../adapters/webhook/ticket-system.js';
import type { CommandId, NodeKey } from '../../../domain/identifiers.js';
import { startActionWebhook } from '../../../world/action-webhook/server.js';
import { seededRandom } from '../../../world/random.js';
import { buildFault, buildMachine, hour } from '../../world/build-machine.js';

const node = 'a/node-0000' as NodeKey;
const id = 'p-aaaaaaaaaaaaaaaa.2.1' as CommandId;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Both adapters, talking to `baseUrl`. */
function connect(baseUrl: string, timeoutMs = 5_000) {
  const tickets = createWebhookTicketSystem({ baseUrl, timeoutMs });
  const actions = createWebhookMachineActions({ baseUrl, timeoutMs });
  closing.push(
    () => tickets.close(),
    () => actions.close(),
  );
  return { tickets, actions };
}

async function startSite() {
  const { machine, clock } = buildMachine();
  const webhook = await startActionWebhook({
    clock,
    random: seededRandom('webhook'),
    machineOf: (name, cluster) => (name === machine.name && cluster === 'a' ? machine : undefined),
  });
  closing.push(() => webhook.stop());
  return { machine, clock, webhook, ...connect(webhook.baseUrl) };
}

/** A partner that answers everything in one way; undefined: never. */
async function startPartner(answer: { status: number; body: string } | undefined): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    if (answer !== undefined) response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the partner has no TCP address');
  return `http://127.0.0.1:${address.port}`;
}

const ticketFor = (on: NodeKey = node) => ({
  idempotencyKey: id,
  node: on,
  summary: 'DIMM 3',
  faultTypes: ['MemoryFailure'],
});
const restart = { action: 'restart-component', component: 'kubelet' } as const;

describe('tickets by webhook', () => {
  it('given the same command twice, then there is one ticket, open until people have repaired the machine', async () => {
    const { tickets, webhook, machine, clock } = await startSite();
    machine.showFault(buildFault({ repairMs: hour }));
    const opened = await tickets.open(ticketFor());
    expect(opened).toEqual({ kind: 'ok', value: { ticket: 'T-000001' } });
    expect(await tickets.open(ticketFor())).toEqual(opened);
    expect(webhook.tickets()).toHaveLength(1);
    expect(await tickets.status('T-000001')).toEqual({ kind: 'ok', value: 'open' });
    clock.advance(hour);
    expect(await tickets.status('T-000001')).toEqual({ kind: 'ok', value: 'repaired' });
  });

  it('given an unknown node or ticket, then it is refused', async () => {
    const { tickets } = await startSite();
    expect(await tickets.open(ticketFor('b/node-0000' as NodeKey))).toMatchObject({ kind: 'refused' });
    expect(await tickets.status('T-9')).toMatchObject({ kind: 'refused' });
  });
});

describe('actions on machines by webhook', () => {
  it('given the same command twice, then it is done once, and asked about until it has ended', async () => {
    const { actions, webhook, clock } = await startSite();
    expect(await actions.status(id)).toEqual({ kind: 'ok', value: 'unknown' });
    expect(await actions.start(id, node, restart)).toEqual({ kind: 'ok', value: true });
    expect(await actions.start(id, node, restart)).toEqual({ kind: 'ok', value: true });
    expect(webhook.actions()).toHaveLength(1);
    expect(await actions.status(id)).toEqual({ kind: 'ok', value: 'running' });
    clock.advance(hour);
    expect(await actions.status(id)).toEqual({ kind: 'ok', value: 'done' });
  });

  it('given an unknown node, then it is refused and nothing was begun', async () => {
    const { actions, webhook } = await startSite();
    const nobody = 'a/nobody' as NodeKey;
    expect(await actions.start(id, nobody, restart)).toMatchObject({ kind: 'refused' });
    expect(webhook.actions()).toEqual([]);
  });
});

describe('a partner in trouble', () => {
  it.each([
    { status: 500, body: 'oops', kind: 'uncertain' },
    { status: 429, body: 'slow down', kind: 'uncertain' },
    { status: 403, body: 'no', kind: 'refused' },
    { status: 302, body: '', kind: 'refused' },
    { status: 200, body: 'not JSON', kind: 'uncertain' },
    { status: 200, body: '{"status":"maybe"}', kind: 'uncertain' },
  ])('given it answers $status $body, then that is $kind', async ({ kind, ...answer }) => {
    const { tickets, actions } = connect(await startPartner(answer));
    expect((await tickets.open(ticketFor())).kind).toBe(kind);
    expect((await tickets.status('T-1')).kind).toBe(kind);
    expect((await actions.status(id)).kind).toBe(kind);
  });

  it('given it never answers, then it may have been done: uncertain', async () => {
    const { tickets, actions } = connect(await startPartner(undefined), 50);
    expect(await tickets.open(ticketFor())).toMatchObject({ kind: 'uncertain' });
    expect(await actions.start(id, node, restart)).toMatchObject({ kind: 'uncertain' });
  });

  it('given nobody listens, then surely nothing was done: unreachable', async () => {
    const baseUrl = await startPartner(undefined);
    for (const close of closing.splice(0).reverse()) await close();
    expect(await connect(baseUrl).actions.start(id, node, restart)).toMatchObject({ kind: 'unreachable' });
  });
});
