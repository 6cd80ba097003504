import { afterEach, describe, expect, it } from 'vitest';
import { Bmc } from '../../../world/bmc/bmc.js';
import { type RedfishServer, startRedfishServer } from '../../../world/bmc/redfish-server.js';
import type { Machine } from '../../../world/machines/machine.js';
import { seededRandom } from '../../../world/random.js';
import { buildMachine, hour } from '../build-machine.js';
import type { VirtualClock } from '../virtual-clock.js';

const running: RedfishServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function buildServer(credentials?: {
  username: string;
  password: string;
}): Promise<{ server: RedfishServer; bmc: Bmc; machine: Machine; clock: VirtualClock; system: string }> {
  const { machine, clock } = buildMachine();
  const bmc = new Bmc({ machine, clock, random: seededRandom('bmc'), networkImage: 'Faultline OS 2' });
  const server = await startRedfishServer({
    bmcs: [bmc],
    clock,
    ...(credentials === undefined ? {} : { credentials }),
  });
  running.push(server);
  return {
    server,
    bmc,
    machine,
    clock,
    system: `${server.baseUrl}/redfish/v1/Systems/${machine.systemUuid}`,
  };
}

async function send(
  method: 'POST' | 'PATCH',
  url: string,
  body: object,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

function order(system: string, ResetType: string, signal?: AbortSignal): Promise<Response> {
  return send('POST', `${system}/Actions/ComputerSystem.Reset`, { ResetType }, signal);
}

async function powerState(system: string): Promise<unknown> {
  const body: unknown = await (await fetch(system)).json();
  return typeof body === 'object' && body !== null && 'PowerState' in body ? body.PowerState : undefined;
}

describe('a Redfish service', () => {
  it('leads from its root to a system', async () => {
    const { server, machine } = await buildServer();
    const root: unknown = await (await fetch(`${server.baseUrl}/redfish/v1/`)).json();
    expect(root).toMatchObject({ Systems: { '@odata.id': '/redfish/v1/Systems' } });
    const systems: unknown = await (await fetch(`${server.baseUrl}/redfish/v1/Systems`)).json();
    const path = `/redfish/v1/Systems/${machine.systemUuid}`;
    expect(systems).toMatchObject({ 'Members@odata.count': 1, Members: [{ '@odata.id': path }] });
    expect(await (await fetch(server.baseUrl + path)).json()).toMatchObject({
      Name: 'node-0000',
      UUID: machine.systemUuid,
      PowerState: 'On',
      Actions: { '#ComputerSystem.Reset': { target: `${path}/Actions/ComputerSystem.Reset` } },
    });
  });

  it('finds a system by the name of its machine through a redirect, orders included', async () => {
    const { server, machine, clock } = await buildServer();
    const answer = await order(`${server.baseUrl}/redfish/v1/Systems/node-0000`, 'ForceOff');
    expect([answer.status, answer.redirected]).toEqual([204, true]);
    clock.advance(11_000);
    expect(machine.power).toBe('Off');
  });

  it.each([
    ['GET', '/redfish/v1/Systems/nobody', undefined, 404],
    ['GET', '/redfish/v2', undefined, 404],
    ['POST', '/redfish/v1/Systems/ID/Actions/ComputerSystem.Reset', '{"ResetType":"Explode"}', 501],
    ['POST', '/redfish/v1/Systems/ID/Actions/ComputerSystem.Reset', '{', 400],
    ['PATCH', '/redfish/v1/Systems/ID', '{"Boot":{"BootSourceOverrideTarget":"Tape"}}', 400],
  ])('answers %s %s with an error that says so', async (method, path, body, status) => {
    const { server, machine } = await buildServer();
    const answer = await fetch(server.baseUrl + path.replace('ID', machine.systemUuid), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty('error.message');
    expect(server.requests.map((request) => request.status)).toEqual([status]);
  });

  it('with credentials lets nobody else in', async () => {
    const { system, machine } = await buildServer({ username: 'admin', password: 'secret' });
    expect((await order(system, 'ForceOff')).status).toBe(401);
    const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
    expect((await fetch(system, { headers: { authorization } })).status).toBe(200);
    expect(machine.power).toBe('On');
  });
});

describe('power', () => {
  it('changes only seconds after it was ordered, and the reset time tells', async () => {
    const { system, clock, machine, bmc } = await buildServer();
    expect((await order(system, 'ForceOff')).status).toBe(204);
    expect(await powerState(system)).toBe('On');
    clock.advance(999);
    expect(machine.power).toBe('On');
    clock.advance(10_001);
    expect(await powerState(system)).toBe('Off');
    expect(bmc.lastResetAt).toBeGreaterThan(clock.now() - 11_000);
  });

  it('ordered to where it is stays, without another reset', async () => {
    const { system, clock, bmc } = await buildServer();
    const before = bmc.lastResetAt;
    await order(system, 'On');
    clock.advance(hour);
    expect(bmc.lastResetAt).toBe(before);
  });

  it('by ForceRestart goes off at once and comes back with another boot id', async () => {
    const { system, clock, machine } = await buildServer();
    const before = machine.bootId;
    await order(system, 'ForceRestart');
    expect(machine.power).toBe('Off');
    clock.advance(hour);
    expect(machine.state).toBe('running');
    expect(machine.bootId).not.toBe(before);
  });
});

describe('a boot from the network, once', () => {
  it('installs the image with the next power-on and only then', async () => {
    const { system, clock, machine, bmc } = await buildServer();
    const Boot = { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' };
    expect((await send('PATCH', system, { Boot })).status).toBe(204);
    await order(system, 'ForceOff');
    clock.advance(11_000);
    await order(system, 'On');
    clock.advance(hour);
    expect(machine.image).toBe('Faultline OS 2');
    expect(bmc.bootTarget).toBe('Hdd');
  });
});

describe('a BMC that misbehaves', () => {
  it('hangs: nobody gets an answer, nothing happens', async () => {
    const { system, server, bmc, machine, clock } = await buildServer();
    bmc.misbehave('hangs');
    await expectSilence(server, (signal) => order(system, 'ForceOff', signal));
    clock.advance(hour);
    expect(machine.power).toBe('On');
  });

  it('acts without an answer: what was ordered happens all the same', async () => {
    const { system, server, bmc, machine, clock } = await buildServer();
    bmc.misbehave('acts-without-answer');
    await expectSilence(server, (signal) => order(system, 'ForceOff', signal));
    clock.advance(11_000);
    expect(machine.power).toBe('Off');
    expect(await powerState(system)).toBe('Off');
  });

  it('ignores orders that it accepted', async () => {
    const { system, bmc, machine, clock } = await buildServer();
    bmc.misbehave('ignores-orders');
    expect((await order(system, 'ForceOff')).status).toBe(204);
    clock.advance(hour);
    expect(machine.power).toBe('On');
  });

  it('lies about the power', async () => {
    const { system, bmc, machine } = await buildServer();
    bmc.misbehave('reports-orders-as-done');
    await order(system, 'ForceOff');
    expect(await powerState(system)).toBe('Off');
    expect(machine.power).toBe('On');
    bmc.misbehave(undefined);
    expect(await powerState(system)).toBe('On');
  });
});

/** The request arrives and stays unanswered until the caller gives up. */
async function expectSilence(
  server: RedfishServer,
  call: (signal: AbortSignal) => Promise<Response>,
): Promise<void> {
  const gaveUp = new AbortController();
  const pending = call(gaveUp.signal);
  await expect.poll(() => server.requests.map((request) => request.status)).toEqual([undefined]);
  gaveUp.abort();
  await expect(pending).rejects.toThrow();
}
