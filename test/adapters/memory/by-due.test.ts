import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByDue } from '../../../adapters/memory/journal/by-due.js';

/** Half milliseconds too: what waits for a back-off is due at any instant. */
const instant = fc.integer({ min: 0, max: 20 }).map((half) => half / 2);
const change = fc.record({ item: fc.integer({ min: 0, max: 9 }), dueAt: fc.option(instant) });

it('given items that are put, moved and removed, then those up to an instant and the next one after it are as in a plain list', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), instant, (changes, now) => {
      const items = new ByDue<number>();
      const plain = new Map<number, number>();
      for (const { item, dueAt } of changes) {
        if (dueAt === null) {
          items.remove(item);
          plain.delete(item);
        } else {
          items.put(item, dueAt);
          plain.set(item, dueAt);
        }
      }
      const due = [...plain].filter(([, dueAt]) => dueAt <= now).map(([item]) => item);
      const later = [...plain.values()].filter((dueAt) => dueAt > now);
      expect([...items.upTo(now)].sort()).toEqual(due.sort());
      expect(items.nextAfter(now)).toBe(later.length === 0 ? undefined : Math.min(...later));
    }),
  );
});
