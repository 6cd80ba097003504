import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeName } from '../../workload-on-node.js';
import { Site } from './site.js';

let site: Site;

beforeEach(async () => {
  site = await Site.start();
  await site.isolate();
});

afterEach(() => site.stop());

const unfinished = { unfinishedAttempt: true, attempts: 1 };
const told = () => site.bmcs.requests.filter(({ method }) => method === 'POST');

describe.each([
  { type: 'powerOff', becomes: 'Off' },
  { type: 'powerOn', becomes: 'On' },
] as const)('$type, by Redfish', ({ type, becomes }) => {
  const command = () => site.command(type, {});

  beforeEach(() => {
    if (becomes === 'On') site.machine.powerOff();
  });

  it('given the other state, then it is told once and seen to change', async () => {
    expect(await site.result(command())).toMatchObject({ status: 'done' });
    expect(site.machine.power).toBe(becomes);
    expect(told()).toHaveLength(1);
  });

  it('given it was done by an earlier attempt, then nothing is told', async () => {
    await site.result(command());
    expect(await site.result(command())).toMatchObject({ status: 'done' });
    expect(await site.result(command(), unfinished)).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
  });

  it('given a try that nobody saw end and no change, then it is unknown, and nothing is told', async () => {
    expect(await site.result(command(), unfinished)).toMatchObject({ status: 'unknown' });
    expect(told()).toEqual([]);
  });

  it('given the answer is lost after the effect, then it is seen to have changed, and told once', async () => {
    site.bmc.misbehave('acts-without-answer');
    expect(await site.result(command())).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
  });

  it('given a BMC that ignores orders, then it is told once and unknown', async () => {
    site.bmc.misbehave('ignores-orders');
    expect(await site.result(command())).toMatchObject({ status: 'unknown' });
    expect(told()).toHaveLength(1);
  });

  it('given a BMC that hangs when it is read, then it is told nothing and tried later', async () => {
    site.bmc.misbehave('hangs');
    expect(await site.queue.carryOut(command())).toMatch(/^BmcSilent/);
    expect(told()).toEqual([]);
  });

  it('given a claim that is lost meanwhile, then whoever has it observes the end and tells nothing', async () => {
    site.queue.loseClaims();
    expect(await site.queue.carryOut(command())).toBe('claim lost');
    expect(told()).toHaveLength(1);
  });

  it('given the node was recreated under its name, then it is told nothing', async () => {
    const meant = command();
    await site.recreateNode();
    expect(await site.result(meant)).toMatchObject({
      status: 'failed',
      detail: { reason: 'IdentityChanged' },
    });
    expect(told()).toEqual([]);
  });
});

describe('powerOff', () => {
  it('given a hold or a boot of others since the isolation, then it is told nothing', async () => {
    const meant = site.command('powerOff', {});
    site.putHold('mine');
    expect(await site.result(meant)).toMatchObject({ status: 'failed', detail: { hold: 'mine' } });
    site.cluster.server.kubelets.setNodeInfo(nodeName, { bootID: 'another' });
    expect(await site.result(meant)).toMatchObject({ detail: { reason: 'IdentityChanged' } });
    expect(told()).toEqual([]);
  });
});
