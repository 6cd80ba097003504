import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookSecret } from '../../chaos/audience.js';
import type { Count } from '../../chaos/count.js';
import { counted, traceOf, type MadeRecord, type World } from './made-world.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-told-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Told = Pick<Count, 'undelivered' | 'misdelivered' | 'disordered' | 'wrongStates' | 'untold'>;

async function told(world: World): Promise<Told> {
  const { undelivered, misdelivered, disordered, wrongStates, untold } = await counted(folder, world);
  return { undelivered, misdelivered, disordered, wrongStates, untold };
}

const sequence = (version: number): string => `000001.00000000000${version}`;

function event(version: number, type: string, stage: string | null, data: object = {}): MadeRecord {
  const headers = { ce_id: `a/n1@1.${version}/ProcessEvent`, ce_sequence: sequence(version) };
  const at = new Date().toISOString().replace('Z', '+00:00');
  return { headers, value: { processId: 'p-1', type, stage, at, data } };
}

function state(version: number, process: object | null, covers = ''): MadeRecord {
  const headers = { ce_id: `s${version}`, ce_sequence: sequence(version), state_covers: covers };
  return { headers, value: { health: process === null ? 'HEALTHY' : 'IN_MAINTENANCE', faults: [], process } };
}

const entered = event(1, 'StageEntered', 'isolating');
const settled = event(2, 'CommandSettled', 'isolating', { type: 'isolateNode' });
const ended = event(3, 'ProcessEnded', null);
const outcome: MadeRecord = {
  headers: { ce_id: 'a/n1@1.3/ProcessEnded', ce_sequence: sequence(3) },
  value: { processId: 'p-1', outcome: 'RECOVERED' },
};
const isolating = { processId: 'p-1', stage: 'isolating' };
const records = {
  'maintenance.events': [entered, settled, ended],
  'maintenance.outcomes': [outcome],
  'node.state': [state(2, isolating), state(3, null, 'maintenance.events=2')],
};

interface Posted {
  readonly id: string | undefined;
  readonly topic: string;
}

/** One request of a webhook and its answer; undefined: none. */
function delivery({ id = '', topic }: Posted, subscriber: string, status: number | null = 200): object {
  const key = Buffer.from(webhookSecret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.7.{}`).digest('base64');
  return { subscriber, id, topic, timestamp: '7', signature: `v1,${signature}`, body: '{}', status };
}

const posted = (topic: string, { headers }: MadeRecord): Posted => ({ id: headers['ce_id'], topic });
const first = posted('maintenance.events', entered);
const second = posted('maintenance.events', settled);
const third = posted('maintenance.events', ended);
const end = posted('maintenance.outcomes', outcome);
const deliveries = [
  ...[first, second, third, end].map((one) => delivery(one, 'everything')),
  delivery(end, 'recovered'),
];

const span = ({ headers }: MadeRecord, name: string, status: number | null = 200): object => ({
  ...traceOf(headers['ce_id'] ?? ''),
  ...{ name, status },
});
const root = { traceId: traceOf('').traceId, spanId: 'root', name: 'maintenance reboot', status: 200 };
const spans = [
  span(entered, 'stage isolating'),
  span(settled, 'isolateNode'),
  span(outcome, 'publish maintenance.outcomes'),
  root,
];

const well: World = { records, deliveries, spans };
const nothing: Told = { undelivered: [], misdelivered: [], disordered: [], wrongStates: [], untold: [] };

describe('given that everybody was told of everything', () => {
  it('then nothing is wrong, and what came again was the same', async () => {
    const again = delivery(first, 'everything');
    const lost = delivery(second, 'everything', null);
    const refused = delivery(third, 'everything', 503);
    expect(
      await told({
        ...well,
        deliveries: [
          delivery(first, 'everything', null),
          again,
          again,
          lost,
          ...deliveries.slice(1, 2),
        ].concat([refused, ...deliveries.slice(2), again]),
        spans: [...spans, ...spans],
      }),
    ).toEqual(nothing);
  });

  it('then an event that was published again behind a later one stands where it was first (those who heard of them in order were called disordered)', async () => {
    const twice = { ...records, 'maintenance.events': [entered, settled, ended, entered, settled] };
    expect(await told({ ...well, records: twice })).toEqual(nothing);
  });

  it('then what was published a moment ago may still be under way', async () => {
    const now = (record: MadeRecord): MadeRecord => ({ ...record, appendedAt: Date.now() });
    const world = {
      'maintenance.events': [entered, now(settled), now(ended)],
      'maintenance.outcomes': [now(outcome)],
      'node.state': [state(1, isolating)],
    };
    const early = { records: world, deliveries: deliveries.slice(0, 1), spans: [] };
    expect(await told(early)).toEqual(nothing);
    const later = await told({ ...early, countedAt: Date.now() + 60_000 });
    expect(later.undelivered).toContain('a/n1@1.2/ProcessEvent to everything');
  });
});

describe('given subscribers by webhook', () => {
  const whenDelivered = (made: readonly object[]): Promise<Told> => told({ ...well, deliveries: made });

  it('when an event was never accepted, then it is undelivered, to each who asked for it', async () => {
    expect(await whenDelivered([...deliveries.slice(0, 3), delivery(end, 'everything', 503)])).toEqual({
      ...nothing,
      undelivered: [`${end.id ?? ''} to everything`, `${end.id ?? ''} to recovered`],
    });
  });

  it('when a later event of a node came before the earlier was accepted, then they are disordered', async () => {
    const refused = delivery(first, 'everything', 503);
    const early = delivery(second, 'everything');
    expect((await whenDelivered([refused, early, ...deliveries])).disordered).toEqual([
      `${second.id ?? ''} came to everything before ${first.id ?? ''} was accepted`,
    ]);
  });

  it('when something came that nobody asked for, published or signed, then it is misdelivered', async () => {
    const unasked = delivery(first, 'recovered');
    const unknown = delivery({ id: 'made-up', topic: 'maintenance.events' }, 'everything');
    const forged = { ...delivery(first, 'everything'), body: '{"health":"HEALTHY"}' };
    expect((await whenDelivered([...deliveries, unasked, unknown, forged])).misdelivered).toEqual([
      'made-up to everything: not on maintenance.events, or not asked for',
      `${first.id ?? ''} to everything: its signature is wrong`,
      `${first.id ?? ''} to recovered: not on maintenance.events, or not asked for`,
    ]);
  });
});

describe('given the topic of states', () => {
  const whenStates = async (...states: readonly MadeRecord[]): Promise<readonly string[]> =>
    (await told({ ...well, records: { ...records, 'node.state': states } })).wrongStates;

  it('when the last state is older than what was published, or there is none, then it is wrong', async () => {
    expect(await whenStates(state(2, isolating))).toEqual([
      `a/n1: it is of ${sequence(2)}, and ${sequence(3)} has been published`,
    ]);
    expect(await whenStates()).toEqual(['a/n1: no state at all']);
    expect(await whenStates(state(3, null), state(2, isolating))).toHaveLength(1);
  });

  it('when it tells another process, stage or fault than the events, then it is wrong', async () => {
    expect(await whenStates(state(3, isolating))).toHaveLength(1);
    const faulty = state(3, null);
    const value = { ...faulty.value, faults: ['DiskFailure'] };
    expect(await whenStates({ ...faulty, value })).toEqual([
      "a/n1: it tells None and ['DiskFailure'], its events None and []",
    ]);
  });

  it('when it says that it covers what is in no state yet, then it is wrong', async () => {
    expect(await whenStates(state(2, isolating, 'maintenance.events=3'), state(3, null))).toEqual([
      `a/n1: ${third.id ?? ''} is said to be in the states, and is not`,
    ]);
  });
});

describe('given the collector of traces', () => {
  const whenSpans = async (...made: readonly object[]): Promise<readonly string[]> =>
    (await told({ ...well, spans: made })).untold;

  it('when something is over and its span was never accepted, then it is untold', async () => {
    expect(await whenSpans(...spans.slice(1), span(entered, 'stage isolating', 503))).toEqual([
      expect.stringMatching(/^stage isolating, /),
    ]);
    expect(await whenSpans(...spans.slice(0, 3))).toEqual([expect.stringMatching(/^end of p-1, /)]);
  });

  it('when the same span was told in two versions, then that is wrong', async () => {
    expect(await whenSpans(...spans, span(entered, 'stage booting'))).toEqual([
      expect.stringMatching(/told as stage isolating and as stage booting$/),
    ]);
  });
});
