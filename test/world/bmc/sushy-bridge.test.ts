import { afterEach, describe, expect, it } from 'vitest';
import { Bmc } from '../../../world/bmc/bmc.js';
import { startRedfishServer } from '../../../world/bmc/redfish-server.js';
import { SushyBridge } from '../../../world/bmc/sushy-bridge.js';
import { seededRandom } from '../../../world/random.js';
import { buildMachine, hour } from '../build-machine.js';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A Redfish service with a board of its own, whose power a bridge carries over to another machine of the same name. */
async function startScene() {
  const board = buildMachine();
  const driven = buildMachine();
  const bmc = new Bmc({
    machine: board.machine,
    clock: board.clock,
    random: seededRandom('board'),
    networkImage: 'unused',
  });
  const redfish = await startRedfishServer({ bmcs: [bmc], clock: board.clock });
  closing.push(() => redfish.stop());
  const troubles: string[] = [];
  const bridge = await SushyBridge.start({
    baseUrl: redfish.baseUrl,
    machineOf: (name) => (name === driven.machine.name ? driven.machine : undefined),
    clock: driven.clock,
    networkImage: 'Faultline OS 2',
    onTrouble: (message) => troubles.push(message),
  });
  closing.push(() => bridge.stop());
  const look = async (): Promise<void> => {
    const before = redfish.requests.length;
    await expect.poll(() => driven.clock.nextAt).toBeDefined();
    driven.clock.advance(500);
    await expect.poll(() => redfish.requests.length).toBeGreaterThan(before);
  };
  return { board, driven, bmc, bridge, redfish, troubles, look };
}

describe('the bridge', () => {
  it('switches a machine off and on as the service says', async () => {
    const { board, driven, bridge, look } = await startScene();
    expect(bridge.machines).toEqual(['node-0000']);
    const { bootId } = driven.machine;
    board.machine.powerOff();
    await look();
    await expect.poll(() => driven.machine.power).toBe('Off');
    board.machine.powerOn();
    await look();
    await expect.poll(() => driven.machine.power).toBe('On');
    driven.clock.advance(hour);
    expect(driven.machine.state).toBe('running');
    expect(driven.machine.bootId).not.toBe(bootId);
  });

  it('installs an image when the board boots from the network', async () => {
    const { board, driven, bmc, look } = await startScene();
    bmc.bootFrom('Pxe', false);
    board.machine.powerOff();
    await look();
    await expect.poll(() => driven.machine.power).toBe('Off');
    board.machine.powerOn();
    await look();
    await expect.poll(() => driven.machine.power).toBe('On');
    driven.clock.advance(hour);
    expect(driven.machine.image).toBe('Faultline OS 2');
  });

  it('concludes nothing from a service that does not answer, and says so', async () => {
    const { driven, redfish, troubles } = await startScene();
    await redfish.stop();
    await expect.poll(() => driven.clock.nextAt).toBeDefined();
    driven.clock.advance(500);
    await expect.poll(() => troubles.length).toBeGreaterThan(0);
    expect(driven.machine.power).toBe('On');
  });
});
