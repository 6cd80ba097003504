import { describe, expect, it } from 'vitest';
import { latestAppend } from '../../services/beginning.js';

describe('given records of a partition whose leader moved to a broker with a clock that is behind', () => {
  it('then they count as appended at the latest time, or what was read would seem to be another log', () => {
    expect(latestAppend([{ appendedAt: 5 }, { appendedAt: 9 }, { appendedAt: 7 }])).toBe(9);
  });
});
