import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const place = { topic: 'maintenance.events', partition: 3, logId: 'log-1' };

/** What readers that decide nothing can count on, on every journal. */
export function positionsSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });

  describe('positions of readers that decide nothing', () => {
    it('are kept per group, topic and partition, for every copy', async () => {
      await copy.positions.keep('tracer', { ...place, nextOffset: 7n });
      const other = await installation.open();
      expect(await other.positions.positionOf('tracer', place)).toBe(7n);
      expect(await other.positions.positionOf('other', place)).toBeUndefined();
      expect(await other.positions.positionOf('tracer', { ...place, partition: 4 })).toBeUndefined();
      expect(
        await other.positions.positionOf('tracer', { ...place, topic: 'fault.reports' }),
      ).toBeUndefined();
    });

    it('never go back within one log', async () => {
      await copy.positions.keep('tracer', { ...place, nextOffset: 7n });
      await copy.positions.keep('tracer', { ...place, nextOffset: 5n });
      expect(await copy.positions.positionOf('tracer', place)).toBe(7n);
    });

    it('say nothing about another log, and begin anew with it', async () => {
      const another = { ...place, logId: 'log-2' };
      await copy.positions.keep('tracer', { ...place, nextOffset: 7n });
      expect(await copy.positions.positionOf('tracer', another)).toBeUndefined();
      await copy.positions.keep('tracer', { ...another, nextOffset: 2n });
      expect(await copy.positions.positionOf('tracer', another)).toBe(2n);
      expect(await copy.positions.positionOf('tracer', place)).toBeUndefined();
    });
  });
}
