import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { Fleet } from '../../../world/machines/fleet.js';
import type { Machine } from '../../../world/machines/machine.js';
import type { NodeLink } from '../../../world/machines/node-link.js';
import { seededRandom } from '../../../world/random.js';
import { IntakeSender } from '../../../world/record/intake-sender.js';
import { RecordPlayer } from '../../../world/record/player.js';
import { readRecord, readRecordFile } from '../../../world/record/read-record.js';
import type { RecordRow } from '../../../world/record/row.js';
import { hour, minute } from '../build-machine.js';
import { VirtualClock } from '../virtual-clock.js';

interface Received {
  readonly path: string;
  readonly body: unknown;
}

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An intake that takes everything, except what `refuse` gives a status for. */
async function startIntake(
  refuse: () => number | undefined,
): Promise<{ baseUrl: string; received: Received[] }> {
  const received: Received[] = [];
  const app: FastifyInstance = fastify();
  app.post('/v1/:kind', (request, reply) => {
    const status = refuse();
    if (status !== undefined)
      return reply.code(status).send({ rejected: [{ index: 0, path: '', reason: 'no' }] });
    received.push({ path: request.url, body: request.body });
    return reply.code(202).send({ accepted: [`report-${received.length}`], rejected: [] });
  });
  closing.push(() => app.close());
  return { baseUrl: await app.listen({ host: '127.0.0.1', port: 0 }), received };
}

const header = 'node,started,fixed,category,cause';
const silentLink: NodeLink = {
  registerNode: () => undefined,
  setAlive: () => undefined,
  setConditions: () => undefined,
  setNodeInfo: () => undefined,
  deregisterNode: () => undefined,
};

async function play(
  rows: readonly RecordRow[] | readonly string[],
  options: {
    readonly selfClearing?: number;
    readonly nodes?: number;
    readonly refuse?: () => number | undefined;
  } = {},
) {
  const clock = new VirtualClock();
  const random = seededRandom('player');
  const nodes = options.nodes ?? 4;
  const fleet = new Fleet({ nodes, clock, random, link: silentLink, image: 'Faultline OS 1' });
  fleet.start();
  const intake = await startIntake(options.refuse ?? (() => undefined));
  const sender = new IntakeSender({ baseUrl: intake.baseUrl, clock });
  closing.push(() => sender.close());
  const parsed = rows.filter((row) => typeof row !== 'string');
  const lines = rows.filter((row) => typeof row === 'string');
  const played = parsed.length > 0 ? parsed : readRecord([header, ...lines].join('\n'), { nodes }).rows;
  const startAt = clock.now() + minute;
  const { selfClearing = 0 } = options;
  const player = new RecordPlayer({
    fleet,
    cluster: 'demo',
    rows: played,
    clock,
    random,
    sender,
    startAt,
    selfClearing,
  });
  player.start();
  const idle = (): Promise<void> => expect.poll(() => sender.underWay).toBe(0);
  const machine = fleet.machine('node-0001');
  if (machine === undefined) throw new Error('the fleet lacks node-0001');
  return { clock, fleet, player, sender, idle, received: intake.received, machine };
}

function reboot(machine: Machine, clock: VirtualClock): void {
  machine.powerOff();
  machine.powerOn();
  clock.advance(10 * minute);
}

const cpu = '1,2002-05-06T08:00,2002-05-06T10:00,Hardware,CPU';
const fan = '1,2002-05-06T08:00,2002-05-06T10:00,Hardware,Fan';

describe('a row', () => {
  it('is reported by the agent when it starts, and cleared when a technician was there', async () => {
    const { clock, player, idle, received, machine } = await play([cpu]);
    clock.advance(minute);
    await idle();
    machine.repair();
    await idle();
    const { bootId } = machine;
    const about = { cluster: 'demo', node: 'node-0001', type: 'CpuFailure', source: 'node-agent', bootId };
    expect(received).toMatchObject([
      {
        path: '/v1/reports',
        body: { ...about, status: 'firing', sequence: 1, observedAt: '2002-05-06T08:01:00.000Z' },
      },
      { path: '/v1/reports', body: { ...about, status: 'cleared', sequence: 2 } },
    ]);
    expect(player.finished).toBe(true);
    expect(player.ledger).toMatchObject([
      {
        seen: true,
        endedBy: 'technician',
        posts: [
          { status: 'firing', accepted: ['report-1'] },
          { status: 'cleared', accepted: ['report-2'] },
        ],
      },
    ]);
  });

  it('is announced again under the new boot when a boot did not fix it', async () => {
    const { clock, idle, received, machine } = await play([cpu]);
    clock.advance(minute);
    await idle();
    reboot(machine, clock);
    await idle();
    expect(received.map(({ body }) => body)).toMatchObject([
      { status: 'firing', sequence: 1 },
      { status: 'firing', sequence: 1, bootId: machine.bootId },
    ]);
  });

  it('mended while the power was off is cleared only after the next boot', async () => {
    const { clock, idle, received, machine } = await play([cpu]);
    clock.advance(minute);
    machine.powerOff();
    machine.repair();
    await idle();
    expect(received).toHaveLength(1);
    machine.powerOn();
    clock.advance(10 * minute);
    await idle();
    expect(received[1]?.body).toMatchObject({ status: 'cleared', bootId: machine.bootId, sequence: 1 });
  });

  it('on a machine that is down is told when that machine comes up', async () => {
    const { clock, idle, received, machine, player } = await play([cpu]);
    machine.powerOff();
    clock.advance(hour);
    await idle();
    expect(received).toEqual([]);
    expect(player.ledger[0]?.seen).toBe(false);
    machine.powerOn();
    clock.advance(10 * minute);
    await idle();
    expect(received).toHaveLength(1);
    expect(player.ledger[0]?.seen).toBe(true);
  });

  it('found by monitoring is an alert, resolved at its end', async () => {
    const { clock, idle, received, machine } = await play([fan]);
    clock.advance(minute);
    await idle();
    machine.repair();
    await idle();
    const labels = {
      alertname: 'NodeCpuOverTemperature',
      cluster: 'demo',
      node: 'node-0001',
      faultType: 'CpuFailure',
    };
    expect(received).toMatchObject([
      {
        path: '/v1/alertmanager',
        body: { version: '4', status: 'firing', alerts: [{ status: 'firing', labels }] },
      },
      { path: '/v1/alertmanager', body: { status: 'resolved', alerts: [{ status: 'resolved', labels }] } },
    ]);
  });

  it('with a condition is not posted: others see it on the Node', async () => {
    const { clock, idle, received, machine } = await play([
      '1,2002-05-06T08:00,2002-05-06T10:00,Software,OS',
    ]);
    clock.advance(minute);
    await idle();
    expect(machine.faults.map((fault) => fault.condition?.type)).toEqual(['KernelDeadlock']);
    expect(received).toEqual([]);
  });

  it('is not told to be cleared while another of its type is left', async () => {
    const other = '1,2002-05-06T10:00,2002-05-06T12:00,Hardware,CPU';
    const { clock, idle, received, machine, player } = await play([cpu, other]);
    clock.advance(3 * hour);
    machine.fadeFault('line-2');
    await idle();
    expect(received.map(({ body }) => body)).toMatchObject([{ status: 'firing' }, { status: 'firing' }]);
    machine.fadeFault('line-3');
    await idle();
    expect(received[2]?.body).toMatchObject({ status: 'cleared' });
    expect(player.finished).toBe(true);
  });
});

describe('intake', () => {
  it('that does not take a report is asked again until it does', async () => {
    let refusals = 2;
    const { clock, sender, received, player } = await play([cpu], {
      refuse: () => (refusals-- > 0 ? 503 : undefined),
    });
    clock.advance(minute);
    await expect.poll(() => sender.waiting).toBe(1);
    clock.advance(1000);
    await expect.poll(() => refusals).toBe(0);
    await expect.poll(() => sender.waiting).toBe(1);
    clock.advance(2000);
    await expect.poll(() => received.length).toBe(1);
    await expect.poll(() => player.ledger[0]?.posts[0]?.accepted).toEqual(['report-1']);
  });

  it('that refuses a report is not asked again, and the ledger says why', async () => {
    const { clock, idle, player } = await play([cpu], { refuse: () => 400 });
    clock.advance(minute);
    await idle();
    expect(player.ledger[0]?.posts[0]?.rejected?.[0]).toMatch(/^400 /);
  });
});

describe('the whole record of system 18, with nobody at work', () => {
  it('shows every row, and every twentieth or so fades; the same ones each time', async () => {
    const { rows } = await readRecordFile('data/lanl/system-18.csv', { nodes: 1024 });
    const fadedLines = async (): Promise<readonly number[]> => {
      const { clock, player } = await play(rows, { nodes: 1024, selfClearing: 0.05, refuse: () => 400 });
      clock.advance(4 * 366 * 24 * hour);
      expect(player.played).toBe(rows.length);
      return player.ledger.filter((entry) => entry.endedBy === 'itself').map((entry) => entry.row.line);
    };
    const faded = await fadedLines();
    expect(faded.length / rows.length).toBeGreaterThan(0.035);
    expect(faded.length / rows.length).toBeLessThan(0.065);
    expect(await fadedLines()).toEqual(faded);
  });
});
