import { afterEach, describe, expect, it } from 'vitest';
import { buildFault, hour } from '../../../world/build-machine.js';
import { Site, type SiteOptions } from './site.js';

let site: Site;

afterEach(() => site.stop());

async function start(options: SiteOptions = {}): Promise<void> {
  site = await Site.start(options);
  await site.isolate();
}

const told = () => site.webhook.requests.filter(({ method }) => method === 'POST');
const unfinished = { unfinishedAttempt: true, attempts: 1 };

describe('restartComponent', () => {
  const restart = () => site.command('restartComponent', { component: 'kubelet' });

  it('given an isolated node, then its kubelet is restarted once', async () => {
    await start();
    site.machine.showFault(buildFault({ needs: 'restart-kubelet' }));
    expect(await site.result(restart())).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
    expect(site.machine.faults).toEqual([]);
  });

  it('given a machine on which nothing runs, then it failed', async () => {
    await start();
    site.machine.powerOff();
    expect(await site.result(restart())).toMatchObject({ status: 'failed' });
  });

  it('given the answer is lost, then it is only observed', async () => {
    await start();
    site.line.state = 'answers-lost';
    site.duringNextWait(() => {
      site.line.state = 'open';
    });
    expect(await site.result(restart())).toMatchObject({ status: 'done' });
    expect(told()).toHaveLength(1);
  });

  it('given a try that nobody saw end, then it is observed and not told again', async () => {
    await start();
    expect(await site.result(restart(), unfinished)).toMatchObject({ status: 'unknown' });
    expect(told()).toEqual([]);
  });

  it('given nobody can act on machines, then it failed', async () => {
    await start({ webhook: false });
    expect(await site.result(restart())).toMatchObject({ detail: { reason: 'NoMachineActions' } });
  });

  it('given a node that nobody isolated, then nobody is told', async () => {
    site = await Site.start();
    expect(await site.result(restart())).toMatchObject({ detail: { reason: 'NotIsolated' } });
    expect(told()).toEqual([]);
  });
});

describe('openTicket and checkTicket', () => {
  const open = () => site.command('openTicket', { summary: 'DIMM 3', faultTypes: ['MemoryFailure'] });
  const check = (ticket: string) => site.command('checkTicket', { ticket });

  it('given a broken machine, then a ticket is opened, and checked until the people are done', async () => {
    await start();
    site.machine.showFault(buildFault({ repairMs: hour }));
    expect(await site.result(open())).toMatchObject({ status: 'done', detail: { ticket: 'T-000001' } });
    expect(site.webhook.tickets()).toMatchObject([{ summary: 'DIMM 3', faultTypes: ['MemoryFailure'] }]);
    expect(await site.result(check('T-000001'))).toMatchObject({
      status: 'done',
      detail: { ticket: 'T-000001', repaired: false },
    });
    await site.cluster.pass(3600);
    expect(await site.result(check('T-000001'))).toMatchObject({ detail: { repaired: true } });
  });

  it.each(['requests-lost', 'answers-lost'] as const)(
    'given the line breaks (%s), then it is tried again, and there is one ticket',
    async (state) => {
      await start();
      site.line.state = state;
      expect(await site.queue.carryOut(open())).toMatch(/^TicketSystem/);
      site.line.state = 'open';
      expect(await site.result(open(), unfinished)).toMatchObject({ detail: { ticket: 'T-000001' } });
      expect(site.webhook.tickets()).toHaveLength(1);
    },
  );

  it('given a ticket system that is away or does not know the ticket, then it is asked again later', async () => {
    await start();
    expect(await site.queue.carryOut(check('T-9'))).toMatch(/^TicketSystem: status 404/);
    await site.line.cut();
    expect(await site.queue.carryOut(check('T-9'))).toMatch(/^TicketSystem: ECONNREFUSED/);
    expect(await site.queue.carryOut(open())).toMatch(/^TicketSystem: ECONNREFUSED/);
    await site.line.raise();
  });

  it('given no ticket system, then it failed', async () => {
    await start({ webhook: false });
    for (const command of [open(), check('T-1')]) {
      expect(await site.result(command)).toMatchObject({
        status: 'failed',
        detail: { reason: 'NoTicketSystem' },
      });
    }
  });
});
