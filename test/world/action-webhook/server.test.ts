import { afterEach, describe, expect, it } from 'vitest';
import { type ActionWebhook, startActionWebhook } from '../../../world/action-webhook/server.js';
import type { Ticket } from '../../../world/action-webhook/ticket-desk.js';
import type { Machine } from '../../../world/machines/machine.js';
import { seededRandom } from '../../../world/random.js';
import { buildFault, buildMachine, hour, minute } from '../build-machine.js';
import type { VirtualClock } from '../virtual-clock.js';

const running: ActionWebhook[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((webhook) => webhook.stop()));
});

async function buildWebhook(
  onRepaired: (ticket: Ticket) => void = () => undefined,
): Promise<{ webhook: ActionWebhook; machine: Machine; clock: VirtualClock }> {
  const { machine, clock } = buildMachine();
  const webhook = await startActionWebhook({
    clock,
    random: seededRandom('webhook'),
    machineOf: (node) => (node === machine.name ? machine : undefined),
    onRepaired,
  });
  running.push(webhook);
  return { webhook, machine, clock };
}

async function post(webhook: ActionWebhook, path: string, body: unknown): Promise<[number, unknown]> {
  const answer = await fetch(webhook.baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return [answer.status, await answer.json()];
}

async function get(webhook: ActionWebhook, path: string): Promise<unknown> {
  return (await fetch(webhook.baseUrl + path)).json();
}

const ticket = {
  idempotencyKey: 'p-1.2.1',
  node: 'node-0000',
  cluster: 'demo',
  summary: 'DIMM 3',
  faultTypes: ['MemoryFailure'],
};
const restart = {
  commandId: 'p-1.3.1',
  node: 'demo/node-0000',
  action: 'restart-component',
  component: 'kubelet',
};
const reimage = { commandId: 'p-1.4.1', node: 'node-0000', action: 'reimage', image: 'Faultline OS 2' };

describe('a ticket', () => {
  it('is repaired when the longest fault of the machine would be, and the machine is well', async () => {
    const { webhook, machine, clock } = await buildWebhook();
    machine.showFault(buildFault({ id: 'a', repairMs: 2 * hour }));
    machine.showFault(buildFault({ id: 'b', repairMs: hour }));
    expect(await post(webhook, '/tickets', ticket)).toEqual([201, { ticket: 'T-000001' }]);
    clock.advance(2 * hour - 1);
    expect(await get(webhook, '/tickets/T-000001')).toEqual({ ticket: 'T-000001', status: 'open' });
    clock.advance(1);
    expect(await get(webhook, '/tickets/T-000001')).toEqual({ ticket: 'T-000001', status: 'repaired' });
    expect(machine.faults).toEqual([]);
  });

  it('is told of when the technician has finished, and not before', async () => {
    const told: string[] = [];
    const { webhook, machine, clock } = await buildWebhook((done) =>
      told.push(`${done.ticket} ${done.machine}`),
    );
    machine.showFault(buildFault({ repairMs: hour }));
    await post(webhook, '/tickets', ticket);
    clock.advance(hour - 1);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(['T-000001 node-0000']);
    expect(machine.faults).toEqual([]);
  });

  it('asked for again by the same key is the same ticket', async () => {
    const { webhook, clock } = await buildWebhook();
    await post(webhook, '/tickets', ticket);
    clock.advance(hour);
    expect(await post(webhook, '/tickets', ticket)).toEqual([200, { ticket: 'T-000001' }]);
    expect(webhook.tickets()).toHaveLength(1);
  });
});

describe('an action', () => {
  it('restarts a component and says when it is done', async () => {
    const { webhook, machine, clock } = await buildWebhook();
    machine.showFault(buildFault({ needs: 'restart-kubelet', effect: 'stops-kubelet' }));
    expect(await post(webhook, '/actions', restart)).toEqual([202, { commandId: restart.commandId }]);
    expect(await get(webhook, '/actions/p-1.3.1')).toMatchObject({ status: 'running' });
    clock.advance(minute);
    expect(await get(webhook, '/actions/p-1.3.1')).toMatchObject({ status: 'done' });
    expect(machine.kubeletAlive).toBe(true);
  });

  it('asked for again by the same command is not done again', async () => {
    const { webhook, machine, clock } = await buildWebhook();
    await post(webhook, '/actions', reimage);
    clock.advance(hour);
    const { bootId } = machine;
    expect((await post(webhook, '/actions', reimage))[0]).toBe(202);
    clock.advance(hour);
    expect(machine.bootId).toBe(bootId);
    expect(webhook.actions()).toHaveLength(1);
  });

  it('installs an image', async () => {
    const { webhook, machine, clock } = await buildWebhook();
    await post(webhook, '/actions', reimage);
    clock.advance(hour);
    expect(await get(webhook, '/actions/p-1.4.1')).toMatchObject({ status: 'done' });
    expect(machine.image).toBe('Faultline OS 2');
  });

  it('fails when the machine does not come up, or is switched off meanwhile', async () => {
    const { webhook, machine, clock } = await buildWebhook();
    machine.spoilNextBoot('stays-dead');
    await post(webhook, '/actions', reimage);
    clock.advance(hour);
    expect(await get(webhook, '/actions/p-1.4.1')).toMatchObject({ status: 'failed' });
    machine.repair();
    await post(webhook, '/actions', { ...reimage, commandId: 'p-1.4.2' });
    machine.powerOff();
    expect(await get(webhook, '/actions/p-1.4.2')).toMatchObject({ status: 'failed' });
  });

  it('that nobody asked for is unknown', async () => {
    const { webhook } = await buildWebhook();
    expect(await get(webhook, '/actions/p-9')).toEqual({ commandId: 'p-9', status: 'unknown' });
  });
});

describe('a bad request', () => {
  it.each([
    ['/tickets', { ...ticket, idempotencyKey: '' }, 400, 'idempotencyKey'],
    ['/tickets', { ...ticket, faultTypes: 'CpuFailure' }, 400, 'faultTypes'],
    ['/tickets', { ...ticket, node: 'node-0009' }, 404, 'node-0009'],
    ['/tickets', [ticket], 400, 'object'],
    ['/actions', { ...restart, component: 'kernel' }, 400, 'component'],
    ['/actions', { ...restart, action: 'explode' }, 400, 'action'],
    ['/elsewhere', {}, 404, 'elsewhere'],
  ])('to %s is answered by naming what is wrong: %j', async (path, body, status, named) => {
    const { webhook } = await buildWebhook();
    const [actual, answer] = await post(webhook, path, body);
    expect(actual).toBe(status);
    expect(JSON.stringify(answer)).toContain(named);
    expect(webhook.requests.map((request) => request.status)).toEqual([status]);
  });
});
