import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../world/random.js';
import { makeDirtyRecord } from '../../../world/record/dirty-record.js';
import { readRecord } from '../../../world/record/read-record.js';
import { dirtyReasons } from '../../../world/record/row.js';

describe('a made record with dirty rows', () => {
  const text = makeDirtyRecord({ random: seededRandom('dirty'), nodes: 64, goodRows: 100 });

  it('has twenty of each kind, each found for its reason, and all good rows are played', () => {
    const record = readRecord(text, { nodes: 64 });
    const counts = dirtyReasons.map((reason) => record.dirty.filter((row) => row.reason === reason).length);
    expect(counts).toEqual(dirtyReasons.map(() => 20));
    expect(record.rows).toHaveLength(100);
  });

  it('is the same for the same seed', () => {
    expect(makeDirtyRecord({ random: seededRandom('dirty'), nodes: 64, goodRows: 100 })).toBe(text);
    expect(makeDirtyRecord({ random: seededRandom('other'), nodes: 64, goodRows: 100 })).not.toBe(text);
  });
});
