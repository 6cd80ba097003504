import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { DeadLetterPlace } from '../../../adapters/ports/dead-letters.js';
import type { NewOutboxEntry } from '../../../adapters/ports/journal.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const topic = 'fault.reports.dlt';

function place(offset: bigint, logId = 'log-1'): DeadLetterPlace {
  return { logId, topic, partition: 0, offset };
}

function entry(text: string): NewOutboxEntry {
  return { topic: 'fault.reports', key: 'a/n1', body: Buffer.from(text), headers: { own: text } };
}

/** What the book of dead letters promises, on every journal. */
export function deadLettersSuite(harness: () => Harness): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });

  const retried = { handled: 'retried', at: 7, subject: 'anna', reason: 'mended' } as const;
  const unsent = async () =>
    (await Promise.all([0, 1].map((partition) => copy.outbox.unsent([partition], 100))))
      .flat()
      .map(({ body, event, headers }) => [body?.toString(), event, headers['own']]);

  describe('dead letters', () => {
    it('are marked and sent in one go, untouched and in order; twice is once', async () => {
      const letters = [
        { place: place(3n), entry: entry('one') },
        { place: place(4n), entry: entry('two') },
      ];
      expect(await copy.deadLetters.handle(letters, retried)).toEqual([place(3n), place(4n)]);
      expect(await copy.deadLetters.handle(letters, { ...retried, handled: 'dropped' })).toEqual([]);
      expect(await unsent()).toEqual([
        ['one', undefined, 'one'],
        ['two', undefined, 'two'],
      ]);
      expect(await copy.deadLetters.handled('log-1', topic)).toEqual([
        { ...place(3n), ...retried },
        { ...place(4n), ...retried },
      ]);
    });

    it('that two people retry at once are sent once', async () => {
      const other = await installation.open();
      const letters = [3n, 4n, 5n].map((offset) => ({ place: place(offset), entry: entry(String(offset)) }));
      const marked = await Promise.all([
        copy.deadLetters.handle(letters, retried),
        other.deadLetters.handle([...letters].reverse(), retried),
      ]);
      expect(marked.flat()).toHaveLength(3);
      expect(await unsent()).toHaveLength(3);
    });

    it('of another log under the same offset are others, and dropping sends nothing', async () => {
      const dropped = { ...retried, handled: 'dropped' as const };
      await copy.deadLetters.handle([{ place: place(3n) }], dropped);
      expect(await copy.deadLetters.handle([{ place: place(3n, 'log-2') }], dropped)).toHaveLength(1);
      expect(await copy.deadLetters.handled('log-2', topic)).toHaveLength(1);
      expect(await copy.deadLetters.handled('log-1', 'maintenance.signals.dlt')).toEqual([]);
      expect(await unsent()).toEqual([]);
    });
  });
}
