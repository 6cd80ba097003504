import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createRedfishPowerController,
  type RedfishPowerController,
} from '../../../adapters/redfish/power-controller.js';
import type { CommandId } from '../../../domain/identifiers.js';
import { startRedfish } from '../../../stack/redfish.js';
import { Bmc, type BmcMishap } from '../../../world/bmc/bmc.js';
import { startRedfishServer } from '../../../world/bmc/redfish-server.js';
import { seededRandom } from '../../../world/random.js';
import { buildMachine } from '../../world/build-machine.js';

const commandId = 'p-1.1.1' as CommandId;

interface PowerHarness {
  readonly baseUrl: string;
  readonly system: string;
  /** Lets a change of power that is on its way land. */
  readonly pass: () => void;
  readonly misbehave?: (mishap: BmcMishap | undefined) => void;
  readonly stop: () => Promise<void>;
}

async function simulated(): Promise<PowerHarness> {
  const { machine, clock } = buildMachine();
  const bmc = new Bmc({ machine, clock, random: seededRandom('bmc'), networkImage: 'os 2' });
  const server = await startRedfishServer({ bmcs: [bmc], clock });
  return {
    baseUrl: server.baseUrl,
    system: machine.systemUuid,
    pass: () => {
      clock.advance(12_000);
    },
    misbehave: (mishap) => {
      bmc.misbehave(mishap);
    },
    stop: () => server.stop(),
  };
}

async function emulated(): Promise<PowerHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-redfish-'));
  const uuid = '6f1b4a0e-8a4e-4a5e-9c7f-0d8a5b0f1a01';
  const stack = await startRedfish({ systems: [{ uuid, name: 'n1' }], folder });
  return {
    baseUrl: stack.url,
    system: uuid,
    pass: () => undefined,
    stop: async () => {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function connect({ baseUrl, system }: PowerHarness, timeoutMs = 15_000): RedfishPowerController {
  const of = (id: string) => ({ baseUrl, systemPath: `/redfish/v1/Systems/${id}` });
  return createRedfishPowerController({
    directory: { byNode: { 'a/n1': of(system), 'a/n2': of('nobody') } },
    timeoutMs,
  });
}

describe.each([
  { name: 'the simulated BMC', start: simulated },
  { name: 'the emulator of sushy-tools', start: emulated },
])('power by Redfish, on $name', ({ start }) => {
  let harness: PowerHarness;
  let power: RedfishPowerController;

  beforeAll(async () => {
    harness = await start();
    power = connect(harness);
  });

  afterAll(async () => {
    await power.close();
    await harness.stop();
  });

  async function untilSeen(wanted: 'On' | 'Off'): Promise<void> {
    const look = async (): Promise<unknown> => {
      harness.pass();
      return power.read('a/n1');
    };
    await expect
      .poll(look, { timeout: 25_000, interval: 300 })
      .toMatchObject({ kind: 'ok', value: { power: wanted } });
  }

  it('given a machine that is on, when it is told off and on, then each is observed in the end', async () => {
    await untilSeen('On');
    expect(await power.forceOff('a/n1', commandId)).toEqual({ kind: 'ok', value: true });
    await untilSeen('Off');
    expect(await power.on('a/n1', commandId)).toEqual({ kind: 'ok', value: true });
    await untilSeen('On');
  }, 60_000);

  it('given power that is as wanted, when it is told again, then it stays', async () => {
    expect((await power.on('a/n1', commandId)).kind).toBe('ok');
    await untilSeen('On');
  });

  it('given a boot from the network is wanted, then the BMC takes it', async () => {
    expect(await power.bootFromNetworkOnce('a/n1')).toEqual({ kind: 'ok', value: true });
  });

  it('given a system that the BMC does not know, then surely nothing was done', async () => {
    expect(power.knows('a/n2')).toBe(true);
    expect((await power.read('a/n2')).kind).toBe('refused');
    expect((await power.forceOff('a/n2', commandId)).kind).toBe('refused');
  });

  it('given a node without a BMC, then it is not known, and refused', async () => {
    expect(power.knows('a/n9')).toBe(false);
    expect((await power.on('a/n9', commandId)).kind).toBe('refused');
  });
});

describe('a BMC whose log somebody reads', () => {
  it('given an order and a look, then the order names its command', async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push([request.method, request.headers['x-faultline-command']]);
      request.resume();
      response.end('{"PowerState":"On"}');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const bmc = { baseUrl: `http://127.0.0.1:${port}`, systemPath: '/redfish/v1/Systems/1' };
    const power = createRedfishPowerController({ directory: { byNode: { 'a/n1': bmc } } });
    await power.read('a/n1');
    await power.forceOff('a/n1', commandId);
    await power.close();
    await new Promise((closed) => server.close(closed));
    expect(seen).toEqual([
      ['GET', undefined],
      ['POST', commandId],
    ]);
  });
});

describe('a BMC that misbehaves', () => {
  async function withMishap(
    mishap: BmcMishap,
    check: (power: RedfishPowerController, harness: PowerHarness) => Promise<void>,
  ): Promise<void> {
    const harness = await simulated();
    const power = connect(harness, 200);
    try {
      harness.misbehave?.(mishap);
      await check(power, harness);
    } finally {
      await power.close();
      await harness.stop();
    }
  }

  it('given it hangs, then nothing is concluded', () =>
    withMishap('hangs', async (power) => {
      expect((await power.read('a/n1')).kind).toBe('uncertain');
      expect((await power.forceOff('a/n1', commandId)).kind).toBe('uncertain');
    }));

  it('given it acts without an answer, then only looking tells', () =>
    withMishap('acts-without-answer', async (power, harness) => {
      expect((await power.forceOff('a/n1', commandId)).kind).toBe('uncertain');
      harness.pass();
      expect(await power.read('a/n1')).toMatchObject({ kind: 'ok', value: { power: 'Off' } });
    }));

  it('given it accepts and ignores, then the power is seen to be on', () =>
    withMishap('ignores-orders', async (power, harness) => {
      expect((await power.forceOff('a/n1', commandId)).kind).toBe('ok');
      harness.pass();
      expect(await power.read('a/n1')).toMatchObject({ kind: 'ok', value: { power: 'On' } });
    }));

  it('given it lies, then what it says is passed on, and the truth once it tells it', () =>
    withMishap('reports-orders-as-done', async (power, harness) => {
      await power.forceOff('a/n1', commandId);
      expect(await power.read('a/n1')).toMatchObject({ kind: 'ok', value: { power: 'Off' } });
      harness.misbehave?.(undefined);
      expect(await power.read('a/n1')).toMatchObject({ kind: 'ok', value: { power: 'On' } });
    }));

  it('given nobody listens, then it is unreachable: surely nothing was sent', async () => {
    const harness = await simulated();
    await harness.stop();
    const power = connect(harness);
    expect((await power.forceOff('a/n1', commandId)).kind).toBe('unreachable');
    await power.close();
  });
});
