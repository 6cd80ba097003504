import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloudEventHeaders, sequenceText } from '../../schemas/cloud-events.js';
import { parseCloudEvent, parseSequence } from '../../schemas/parse-cloud-event.js';
import { allEvents } from '../../schemas/codec.js';

const line = fc.string({ minLength: 1 });
const sequence = fc.record({ epoch: fc.nat(999_999), version: fc.nat(1_000_000_000) });
const attributes = fc.record(
  {
    event: fc.constantFrom(...allEvents),
    id: line,
    source: line,
    time: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    subject: line,
    sequence,
    causationId: line,
    correlationId: line,
  },
  { requiredKeys: ['event', 'id', 'source', 'time', 'subject'] },
);

describe('the CloudEvents headers of a record', () => {
  it('give back every attribute', () => {
    fc.assert(
      fc.property(attributes, ({ event, ...given }) => {
        const parsed = parseCloudEvent(cloudEventHeaders({ event, ...given }));
        expect(parsed).toMatchObject({ ...given, type: `dev.faultline.${event}` });
      }),
    );
  });

  it('are the same when the record is published again, and carry a valid traceparent', () => {
    fc.assert(
      fc.property(attributes, (given) => {
        const headers = cloudEventHeaders(given);
        expect(cloudEventHeaders(given)).toEqual(headers);
        expect(headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      }),
    );
  });

  it('put all events of one process into one trace', () => {
    const of = (id: string) =>
      cloudEventHeaders({
        event: 'ProcessEvent',
        id,
        source: '/s',
        time: 0,
        subject: 'a/b',
        correlationId: 'p-1',
      });
    const [one, two] = [of('1')['traceparent'] ?? '', of('2')['traceparent'] ?? ''];
    expect(one.slice(0, 36)).toBe(two.slice(0, 36));
    expect(one).not.toBe(two);
  });

  it('order as text as their sequences do as numbers', () => {
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        const numbers = a.epoch - b.epoch || a.version - b.version;
        expect(Math.sign(numbers)).toBe(
          sequenceText(a) < sequenceText(b) ? -1 : Number(sequenceText(a) > sequenceText(b)),
        );
        expect(parseSequence(sequenceText(a))).toEqual(a);
      }),
    );
  });

  it.each([
    [{}, /ce_specversion is missing/],
    [{ ce_specversion: '0.3' }, /ce_specversion is 0\.3/],
    [{ ce_specversion: '1.0', ce_type: 't', ce_id: '' }, /ce_id is missing/],
  ])('say what is missing: %j', (headers, problem) => {
    expect(parseCloudEvent(headers)).toEqual({ problem: expect.stringMatching(problem) as string });
  });
});
