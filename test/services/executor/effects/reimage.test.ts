import { afterEach, describe, expect, it } from 'vitest';
import { buildFault } from '../../../world/build-machine.js';
import { nodeName } from '../../workload-on-node.js';
import { Site, type SiteOptions } from './site.js';

let site: Site;

afterEach(() => site.stop());

async function start(options: SiteOptions = {}): Promise<void> {
  site = await Site.start(options);
  await site.isolate();
}

const reimage = () => site.command('reimage', { image: 'os 2' });
const unfinished = { unfinishedAttempt: true, attempts: 1 };
const told = () => site.webhook.requests.filter(({ method }) => method === 'POST');
const resets = () => site.bmcs.requests.filter(({ method }) => method !== 'GET').map(({ body }) => body);
const pxe = { Boot: { BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: 'Pxe' } };

describe('reimage, by whoever acts on machines', () => {
  it('given an isolated node, then it is told once, and done when the new system is seen', async () => {
    await start();
    const before = site.machine.bootId;
    expect(await site.result(reimage())).toMatchObject({ status: 'done', detail: {} });
    expect(told()).toHaveLength(1);
    expect(site.webhook.actions()).toMatchObject([{ requested: { action: 'reimage', image: 'os 2' } }]);
    expect(site.machine.image).toBe('os 2');
    expect(site.machine.bootId).not.toBe(before);
  });

  it('given the machine does not come up, then it failed', async () => {
    await start();
    site.machine.showFault(buildFault({ effect: 'halts' }));
    expect(await site.result(reimage())).toMatchObject({
      status: 'failed',
      detail: { reason: 'ActionFailed' },
    });
    expect(told()).toHaveLength(1);
  });

  it('given the answer is lost after it began, then it is only observed to its end', async () => {
    await start();
    site.line.state = 'answers-lost';
    site.duringNextWait(() => {
      site.line.state = 'open';
    });
    expect(await site.result(reimage())).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
  });

  it('given the request is lost, then nobody knows whether it was heard, and it is not told again', async () => {
    await start();
    site.line.state = 'requests-lost';
    site.duringNextWait(() => {
      site.line.state = 'open';
    });
    expect(await site.result(reimage())).toMatchObject({
      status: 'unknown',
      detail: { reason: 'ActionUnknown' },
    });
    expect(told()).toEqual([]);
  });

  it('given a try that nobody saw end, then it is observed and never told again', async () => {
    await start();
    expect(await site.result(reimage(), unfinished)).toMatchObject({ status: 'unknown' });
    expect(site.machine.image).toBe('os 1');
    await site.result(reimage());
    expect(await site.result(reimage(), unfinished)).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
  });

  it('given a claim that is lost meanwhile, then whoever has it observes the end', async () => {
    await start();
    site.queue.loseClaims();
    expect(await site.queue.carryOut(reimage())).toBe('claim lost');
    expect(site.queue.results).toHaveLength(1);
    expect(told()).toHaveLength(1);
  });

  it('given nobody listens, then surely nothing was begun, and it is tried later', async () => {
    await start();
    await site.line.cut();
    expect(await site.queue.carryOut(reimage())).toMatch(/^ActionRefused/);
    await site.line.raise();
    expect(await site.result(reimage())).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
  });

  it('given nobody listens for a while when it is asked about, then it is asked again: a restart of the partner had ended it as unknown', async () => {
    await start();
    site.duringNextWait(async () => {
      await site.line.cut();
      site.duringNextWait(() => site.line.raise());
    });
    expect(await site.result(reimage())).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
  });

  it('given it never ends, then it is unknown in the end', async () => {
    await start({ settings: { reimageDeadlineMs: 60_000 } });
    expect(await site.result(reimage())).toMatchObject({
      status: 'unknown',
      detail: { reason: 'ActionNotSeenToEnd' },
    });
    expect(told()).toHaveLength(1);
  });

  it('given a node that is not as the process knows it, then nobody is told', async () => {
    await start();
    const command = reimage();
    site.cluster.server.kubelets.setNodeInfo(nodeName, { bootID: 'another' });
    expect(await site.result(command)).toMatchObject({
      status: 'failed',
      detail: { reason: 'IdentityChanged' },
    });
    await site.result(site.command('giveBack', {}, { expected: {} }));
    expect(await site.result({ ...command, expected: {} })).toMatchObject({
      status: 'failed',
      detail: { reason: 'NotIsolated' },
    });
    expect(told()).toEqual([]);
  });
});

describe('reimage, by a boot from the network', () => {
  it('given an isolated node, then it is switched off, seen off, and on into the installer, each once', async () => {
    await start({ webhook: false });
    expect(await site.result(reimage())).toMatchObject({ status: 'done' });
    expect(resets()).toEqual([{ ResetType: 'ForceOff' }, pxe, { ResetType: 'On' }]);
    await site.cluster.pass(30 * 60);
    expect(site.machine).toMatchObject({ state: 'running', image: 'os 2' });
  });

  it('given a try that nobody saw end, then a person is asked and nothing is told', async () => {
    await start({ webhook: false });
    expect(await site.result(reimage(), unfinished)).toMatchObject({
      status: 'unknown',
      detail: { reason: 'ReimageNotSeenToEnd' },
    });
    expect(resets()).toEqual([]);
  });

  it('given a BMC that ignores orders, then no boot from the network is arranged: it was, and any later boot reinstalled the machine', async () => {
    await start({ webhook: false });
    site.bmc.misbehave('ignores-orders');
    expect(await site.result(reimage())).toMatchObject({
      status: 'unknown',
      detail: { reason: 'PowerOffNotObserved' },
    });
    expect(resets()).toEqual([{ ResetType: 'ForceOff' }]);
  });

  it('given a BMC that acts without an answer, then it is observed, and no power is told twice', async () => {
    // What is never answered costs a second each time.
    await start({ webhook: false, settings: { pollMs: 10_000, powerDeadlineMs: 20_000 } });
    site.bmc.misbehave('acts-without-answer');
    expect(await site.result(reimage())).toMatchObject({
      status: 'unknown',
      detail: { reason: expect.stringMatching(/^OffWithoutInstaller/) as unknown },
    });
    expect(resets().filter((body) => JSON.stringify(body).includes('Reset'))).toEqual([
      { ResetType: 'ForceOff' },
    ]);
    expect(site.machine.power).toBe('Off');
  });

  it('given a BMC that is silent while the boot is arranged, then it is told until it answers', async () => {
    await start({ webhook: false });
    site.bmc.misbehave('acts-without-answer');
    const untilToldTwice = (): void => {
      if (resets().length >= 3) site.bmc.misbehave(undefined);
      else site.duringNextWait(untilToldTwice);
    };
    site.duringNextWait(untilToldTwice);
    expect(await site.result(reimage())).toMatchObject({ status: 'done' });
    expect(resets()).toEqual([{ ResetType: 'ForceOff' }, pxe, pxe, pxe, { ResetType: 'On' }]);
  });

  it('given a BMC that hangs, then surely no power was touched, and it is tried later', async () => {
    await start({ webhook: false });
    site.bmc.misbehave('hangs');
    expect(await site.queue.carryOut(reimage())).toMatch(/^BmcSilent/);
    expect(resets()).toEqual([]);
  });
});
