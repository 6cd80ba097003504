import avro, { type Type } from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AvroSchema } from '../../schemas/avro-files.js';
import { allEvents, decodeEvent, encodeEvent, schemaOf } from '../../schemas/codec.js';
import { eventToDecided, decidedToEvent } from '../../schemas/events/reports-decided.js';
import {
  eventToMigrationRequest,
  migrationRequestToEvent,
} from '../../schemas/events/migration-requested.js';
import { eventToReply, replyToEvent } from '../../schemas/events/migration-reply.js';
import { eventToReport, reportToEvent } from '../../schemas/events/report-received.js';
import { eventToSignal, signalToEvent } from '../../schemas/events/signal.js';
import { EventUndecodable } from '../../schemas/undecodable.js';
import { frame, unframe } from '../../schemas/wire-format.js';
import { decided, migrationRequest, node, reply, report, signal } from './arbitraries.js';

describe('an event through its bytes', () => {
  it('gives back every report', () => {
    fc.assert(
      fc.property(report, (value) => {
        const body = encodeEvent('ReportReceived', reportToEvent(value));
        expect(eventToReport(decodeEvent('ReportReceived', body))).toEqual(value);
      }),
    );
  });

  it('gives back every signal', () => {
    fc.assert(
      fc.property(node, signal, (key, value) => {
        const body = encodeEvent('Signal', signalToEvent(key, value));
        expect(eventToSignal(decodeEvent('Signal', body))).toEqual({ node: key, signal: value });
      }),
      { numRuns: 500 },
    );
  });

  it('gives back every migration request and reply', () => {
    fc.assert(
      fc.property(migrationRequest, node, reply, (request, key, answer) => {
        const asked = encodeEvent('MigrationRequested', migrationRequestToEvent(request));
        expect(eventToMigrationRequest(decodeEvent('MigrationRequested', asked))).toEqual(request);
        const answered = encodeEvent('MigrationReply', replyToEvent(key, answer));
        expect(eventToReply(decodeEvent('MigrationReply', answered))).toEqual({ node: key, reply: answer });
      }),
    );
  });

  it('gives back every fate of a report', () => {
    fc.assert(
      fc.property(fc.array(decided, { maxLength: 5 }), (reports) => {
        const body = encodeEvent('ReportsDecided', decidedToEvent(reports));
        expect(eventToDecided(decodeEvent('ReportsDecided', body))).toEqual(reports);
      }),
    );
  });

  it('is told apart from anything that is not its bytes, in linear time', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allEvents), fc.uint8Array({ maxLength: 400 }), (event, bytes) => {
        try {
          decodeEvent(event, Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(EventUndecodable);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('is refused when cut short, prolonged or bent by one byte into something too large', () => {
    fc.assert(
      fc.property(report, fc.nat(), fc.nat(255), (value, position, byte) => {
        const body = encodeEvent('ReportReceived', reportToEvent(value));
        expect(() => decodeEvent('ReportReceived', body.subarray(0, -1))).toThrow(EventUndecodable);
        expect(() => decodeEvent('ReportReceived', Buffer.concat([body, Buffer.of(byte)]))).toThrow(
          EventUndecodable,
        );
        const bent = Buffer.from(body);
        bent[position % bent.length] = byte;
        try {
          decodeEvent('ReportReceived', bent);
        } catch (error) {
          expect(error).toBeInstanceOf(EventUndecodable);
        }
      }),
    );
  });

  it('does not follow an array that announces more items than there are bytes', () => {
    const endless = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]);
    expect(() => decodeEvent('ReportsDecided', endless)).toThrow(/ReportsDecided: byte/);
  });
});

describe('an event of a newer release', () => {
  const today = schemaOf('ReportReceived');
  const tomorrow: AvroSchema = {
    ...today,
    fields: [
      ...today.fields.map((field) =>
        field.name === 'status'
          ? {
              ...field,
              type: { ...Object(field.type), symbols: ['UNKNOWN', 'FIRING', 'CLEARED', 'FLAPPING'] },
            }
          : field,
      ),
      { name: 'rack', type: ['null', 'string'], default: null },
    ],
  };
  const writer = avro.parse(JSON.stringify(tomorrow)) as Type;
  const payload = { ...reportPayload(), rack: 'r7' };

  it('is read, without what is new', () => {
    const read = decodeEvent('ReportReceived', writer.toBuffer(payload), tomorrow);
    expect({ ...read }).toEqual(reportPayload());
  });

  it('reads an enum symbol that is new as UNKNOWN, and the domain refuses to guess', () => {
    const read = decodeEvent('ReportReceived', writer.toBuffer({ ...payload, status: 'FLAPPING' }), tomorrow);
    expect(read.status).toBe('UNKNOWN');
    expect(() => eventToReport(read)).toThrow(/\$\.status is UNKNOWN.*upgrade/);
  });
});

describe('the wire format', () => {
  it('carries id and bytes', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.uint8Array(), (schemaId, bytes) => {
        expect(unframe(frame(schemaId, Buffer.from(bytes)))).toEqual({ schemaId, body: Buffer.from(bytes) });
      }),
    );
  });

  it('is not seen in bytes that are too short or begin otherwise', () => {
    expect(unframe(Buffer.of(0, 0, 0, 1))).toBeUndefined();
    expect(unframe(Buffer.from('{"a":1}'))).toBeUndefined();
  });
});

function reportPayload() {
  return {
    reportId: '018f2b5e-0000-7000-8000-000000000001',
    cluster: 'alpha',
    node: 'n1',
    type: 'DiskFailure',
    status: 'FIRING',
    source: 'agent',
    bootId: null,
    sequence: 7,
    observedAt: null,
    message: 'sda is failing',
    evidence: { disk: 'sda' },
  };
}
