import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { ConsumedRecord } from '../../../adapters/kafka/consumed-record.js';

describe('given a record from Kafka whose headers cost something to read', () => {
  let readings = 0;
  const message: KafkaMessage = {
    key: Buffer.from('a/n1'),
    value: Buffer.from('v'),
    timestamp: '1',
    attributes: 0,
    offset: '7',
    get headers() {
      readings += 1;
      return { ce_id: Buffer.from('x'), several: [Buffer.from('1'), Buffer.from('2')] };
    },
  };

  it('when nobody asks for them, then they are not read', () => {
    const record = new ConsumedRecord('t', 0, message);
    expect([record.offset, record.key, readings]).toEqual([7n, 'a/n1', 0]);
  });

  it('when they are asked for again and again, then they are read once, the last of several', () => {
    const record = new ConsumedRecord('t', 0, message);
    expect([record.headers, record.headers]).toEqual([record.headers, { ce_id: 'x', several: '2' }]);
    expect(readings).toBe(1);
  });
});
