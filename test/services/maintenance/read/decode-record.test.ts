import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LogRecord } from '../../../../adapters/ports/event-log.js';
import { SchemaRegistryUnavailable, type SchemaIds } from '../../../../adapters/ports/schema-ids.js';
import { bundledSchemaIds } from '../../../../adapters/schema-registry/bundled.js';
import type { NodeKey } from '../../../../domain/identifiers.js';
import { inputTopics } from '../../../../schemas/catalog.js';
import { cloudEventHeaders } from '../../../../schemas/cloud-events.js';
import { encodeEvent } from '../../../../schemas/codec.js';
import { replyToEvent } from '../../../../schemas/events/migration-reply.js';
import { reportToEvent } from '../../../../schemas/events/report-received.js';
import { signalToEvent } from '../../../../schemas/events/signal.js';
import { frame } from '../../../../schemas/wire-format.js';
import { deadLetterEntry } from '../../../../services/maintenance/read/dead-letter.js';
import { decodeRecord } from '../../../../services/maintenance/read/decode-record.js';
import { node, reply, report, signal } from '../../../schemas/arbitraries.js';

const schemaIds = bundledSchemaIds();
const now = 1_700_000_000_000;
const options = {
  schemaIds,
  clock: { now: () => now, fromLogTime: (ms: number) => ms },
  lateAfterMs: 60_000,
};
const causeId = '018f2b5e-0000-7000-8000-00000000000a';
const ids = { ReportReceived: 0, Signal: 0, MigrationReply: 0 };

beforeAll(async () => {
  ids.ReportReceived = await schemaIds.idOf('ReportReceived');
  ids.Signal = await schemaIds.idOf('Signal');
  ids.MigrationReply = await schemaIds.idOf('MigrationReply');
});

function record(parts: Partial<LogRecord>): LogRecord {
  const headers = { ce_id: causeId };
  return {
    topic: 'fault.reports',
    partition: 3,
    offset: 42n,
    key: 'alpha/n1',
    value: undefined,
    headers,
    appendedAt: now,
    ...parts,
  };
}

const timer = encodeEvent(
  'Signal',
  signalToEvent('alpha/n1' as NodeKey, {
    kind: 'TimerFired',
    processId: 'p-1' as never,
    stageEntry: 1,
    timer: 't',
  }),
);

describe('a record of an input topic', () => {
  it('becomes the report it holds, caused by its own id', async () => {
    await fc.assert(
      fc.asyncProperty(report, async (value) => {
        const key = `${value.cluster}/${value.node}`;
        const bytes = frame(ids.ReportReceived, encodeEvent('ReportReceived', reportToEvent(value)));
        expect(await decodeRecord(record({ key, value: bytes }), options)).toEqual({
          kind: 'input',
          input: { kind: 'report', node: key, report: value, causeId: value.id, at: now },
        });
      }),
    );
  });

  it('becomes the signal or migration reply it holds, caused by its event id', async () => {
    await fc.assert(
      fc.asyncProperty(node, signal, reply, async (key, one, two) => {
        const value = frame(ids.Signal, encodeEvent('Signal', signalToEvent(key, one)));
        expect(await decodeRecord(record({ topic: 'maintenance.signals', key, value }), options)).toEqual({
          kind: 'input',
          input: { kind: 'signal', node: key, signal: one, causeId, at: now },
        });
        const answer = frame(ids.MigrationReply, encodeEvent('MigrationReply', replyToEvent(key, two)));
        expect(
          await decodeRecord(record({ topic: 'migration.replies', key, value: answer }), options),
        ).toEqual({
          kind: 'input',
          input: { kind: 'migration-reply', node: key, reply: two, causeId, at: now },
        });
      }),
    );
  });

  it.each([
    ['an event of its node', { ce_causationid: 'alpha/n1@2.17/ProcessEvent' }, { epoch: 2, version: 17 }],
    ['an event of another node', { ce_causationid: 'alpha/n2@2.17/ProcessEvent' }, undefined],
    ['what is no event', { ce_causationid: 'p-1.1.17-0' }, undefined],
    [
      'an event, but has no id itself',
      { ce_causationid: 'alpha/n1@2.17/ProcessEvent', ce_id: 'x' },
      undefined,
    ],
  ])('that names %s as its cause answers that event or nothing', async (_, headers, causedBy) => {
    const value = frame(ids.Signal, timer);
    const signals = { topic: 'maintenance.signals', value, headers: { ce_id: causeId, ...headers } };
    const decoded = await decodeRecord(record(signals), options);
    expect(decoded.kind === 'input' ? decoded.input.causedBy : decoded).toEqual(causedBy);
  });

  it('gets the same cause at each reading when its producer gave none', async () => {
    const value = frame(ids.Signal, timer);
    for (const headers of [{}, { ce_id: 'not a uuid' }]) {
      const one = await decodeRecord(record({ topic: 'maintenance.signals', value, headers }), options);
      const again = await decodeRecord(record({ topic: 'maintenance.signals', value, headers }), options);
      expect(one).toEqual(again);
      const other = record({ topic: 'maintenance.signals', value, headers, offset: 43n });
      expect(await decodeRecord(other, options)).not.toEqual(one);
    }
  });

  it('that says again what was said before causes nothing: it is a dead letter', async () => {
    const value = frame(ids.Signal, timer);
    const topic = 'maintenance.signals';
    const again = record({ topic, value, headers: { ce_id: causeId, ce_replay: 'run-1' } });
    expect(await decodeRecord(again, options)).toMatchObject({
      kind: 'deadLetter',
      reason: expect.stringContaining('replay run-1') as unknown,
    });
    expect(await decodeRecord({ ...again, headers: { ce_id: causeId } }, options)).toMatchObject({
      kind: 'input',
    });
  });

  it('is marked late when it was read long after it was appended', async () => {
    const value = frame(ids.Signal, timer);
    const old = record({ topic: 'maintenance.signals', value, appendedAt: now - 60_001 });
    expect(await decodeRecord(old, options)).toMatchObject({ input: { late: true, at: now - 60_001 } });
  });

  it('never makes decoding throw, whatever its bytes, key and headers', async () => {
    const bytes = fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value)),
      fc
        .tuple(
          fc.constantFrom('ReportReceived' as const, 'Signal' as const),
          fc.uint8Array({ maxLength: 200 }),
        )
        .map(([event, body]) => ({ event, body })),
    );
    const topics = fc.constantFrom(...inputTopics, 'fault.hardware', 'somebody.elses');
    const headers = fc.dictionary(fc.string(), fc.string());
    await fc.assert(
      fc.asyncProperty(topics, fc.option(fc.string()), bytes, headers, async (topic, key, made, extra) => {
        const value =
          made === undefined || Buffer.isBuffer(made) ? made : frame(ids[made.event], Buffer.from(made.body));
        const bad = record({ topic, key: key ?? undefined, value, headers: extra });
        const decoded = await decodeRecord(bad, options);
        if (decoded.kind === 'input') return;
        const entry = deadLetterEntry(bad, decoded);
        expect(entry.body).toBe(value);
        expect(entry.topic).toBe(`${topic}.dlt`);
        expect(entry.key).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  const whole = () => frame(ids.Signal, timer);
  const cases: [string, () => Partial<LogRecord>, RegExp][] = [
    ['is a tombstone', () => ({}), /tombstone/],
    ['is JSON', () => ({ value: Buffer.from('{"cluster":"a"}') }), /wire format/],
    ['is empty', () => ({ value: Buffer.alloc(0) }), /wire format/],
    ['has an unknown schema id', () => ({ value: frame(5, timer) }), /unknown schema id 5/],
    [
      'has the id of another event',
      () => ({ value: frame(ids.ReportReceived, timer) }),
      /Signal: written as/,
    ],
    ['is cut short', () => ({ value: whole().subarray(0, -2) }), /Signal: byte \d+/],
    ['has bytes left over', () => ({ value: Buffer.concat([whole(), Buffer.of(1)]) }), /1 bytes left over/],
    [
      'has the key of another node',
      () => ({ value: whole(), key: 'alpha/n2' }),
      /key "alpha\/n2" is not its node/,
    ],
    ['has no key', () => ({ value: whole(), key: undefined }), /key \(none\)/],
    ['lies on a topic that is not read', () => ({ value: whole(), topic: 'fault.system' }), /FaultChanged/],
    ['lies on a topic of others', () => ({ value: whole(), topic: 'x' }), /topic x/],
  ];
  it.each(cases)('goes to the dead letters, with the reason, when it %s', async (_name, parts, reason) => {
    const bad = record({ topic: 'maintenance.signals', ...parts() });
    expect(await decodeRecord(bad, options)).toEqual({
      kind: 'deadLetter',
      reason: expect.stringMatching(reason) as string,
      at: now,
    });
  });

  it('goes to the dead letters when names or report id are none', async () => {
    const value = {
      ...reportToEvent({
        id: causeId as never,
        cluster: 'alpha' as never,
        node: 'n1' as never,
        type: 'DiskFailure',
        status: 'firing',
        source: 's',
      }),
    };
    for (const wrong of [{ reportId: 'r-1' }, { cluster: 'Alpha_' }, { node: 'n 1' }]) {
      const body = frame(ids.ReportReceived, encodeEvent('ReportReceived', { ...value, ...wrong }));
      expect(await decodeRecord(record({ value: body }), options)).toMatchObject({ kind: 'deadLetter' });
    }
  });
});

describe('a record whose schema id only an absent registry knows', () => {
  const absent: SchemaIds = {
    idOf: () => Promise.reject(new SchemaRegistryUnavailable('away', 'away')),
    schemaById: () => Promise.reject(new SchemaRegistryUnavailable('away', 'away')),
  };
  const topic = 'maintenance.signals';
  const away = { ...options, schemaIds: absent };

  it('is read all the same when it says that this release wrote it', async () => {
    const headers = cloudEventHeaders({
      event: 'Signal',
      id: causeId,
      source: '/s',
      time: now,
      subject: 'alpha/n1',
    });
    const own = record({ topic, value: frame(77, timer), headers });
    expect(await decodeRecord(own, away)).toMatchObject({ kind: 'input' });
  });

  it('waits otherwise: nothing is concluded', async () => {
    await expect(decodeRecord(record({ topic, value: frame(77, timer) }), away)).rejects.toThrow(
      SchemaRegistryUnavailable,
    );
  });
});

describe('a dead letter', () => {
  it('keeps bytes, key and headers, and says where, why and when', () => {
    const value = Buffer.from([1, 2, 3]);
    expect(deadLetterEntry(record({ value }), { reason: 'because', at: now })).toEqual({
      topic: 'fault.reports.dlt',
      key: 'alpha/n1',
      body: value,
      headers: {
        ce_id: causeId,
        dlt_topic: 'fault.reports',
        dlt_partition: '3',
        dlt_offset: '42',
        dlt_reason: 'because',
        dlt_at: '2023-11-14T22:13:20.000Z',
      },
    });
  });
});
