import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendedAgainWithinMs } from '../../../adapters/journal/causes.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { AdvanceResult } from '../../../adapters/ports/journal.js';
import type { CauseId } from '../../../domain/identifiers.js';
import type { Input } from '../../../domain/signal.js';
import { batch, nodeNamed, report } from './decisions.js';
import { eachFresh, type Harness, type Installation } from './harness.js';

const n1 = nodeNamed('n1');
const start = 1_790_000_000_000;
let given = 0;

/** As intake gives ids. */
function timedId(): CauseId {
  given += 1;
  return `019a0000-0000-7000-8000-${given.toString(16).padStart(12, '0')}` as CauseId;
}

function said(message: 'repeat' | 'open'): Input {
  return report(n1, message, timedId());
}

/** What becomes of one partition's log: a report, one again of those before, or time that goes by. */
type Happening =
  | { readonly kind: 'said'; readonly changes: boolean }
  | { readonly kind: 'again'; readonly which: number; readonly partition: 0 | 1 }
  | { readonly kind: 'time'; readonly share: number }
  | { readonly kind: 'upkeep'; readonly clockAheadMs: number };

const happenings = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('said' as const), changes: fc.boolean() }),
    fc.record({
      kind: fc.constant('again' as const),
      which: fc.nat(),
      partition: fc.constantFrom(0 as const, 1 as const),
    }),
    fc.record({ kind: fc.constant('time' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('upkeep' as const), clockAheadMs: fc.nat(30 * 86_400_000) }),
  ),
  { minLength: 2, maxLength: 25 },
);

/** Plays them; gives how many reports there were, and how many of them were decided how often. */
async function play(
  { clock }: Installation,
  copy: OpenJournal,
  all: readonly Happening[],
): Promise<{ readonly reports: number; readonly decided: number; readonly facts: number }> {
  const before: { readonly input: Input; readonly appendedAt: number }[] = [];
  let [appendedAt, decided, facts] = [start, 0, 0];
  const read = async (input: Input, partition: number): Promise<void> => {
    const result = await copy.journal.advance(batch([input], { appendedAt, partition }));
    decided += result.decided;
    facts += result.facts;
  };
  for (const happening of all) {
    if (happening.kind === 'said') {
      const input = said(happening.changes ? 'open' : 'repeat');
      before.push({ input, appendedAt });
      await read(input, 0);
    } else if (happening.kind === 'again') {
      const one = before[happening.which % Math.max(before.length, 1)];
      if (one !== undefined && appendedAt <= one.appendedAt + appendedAgainWithinMs)
        await read(one.input, happening.partition);
    } else if (happening.kind === 'time') appendedAt += Math.round(happening.share * appendedAgainWithinMs);
    else {
      clock.set(clock.now() + happening.clockAheadMs);
      await copy.upkeep.prune(0);
    }
  }
  return { reports: before.length, decided, facts };
}

/** Of reports that changed nothing little is kept, and yet none counts twice. */
export function repeatsSuite(harness: () => Harness, numRuns: number): void {
  let installation: Installation;
  let copy: OpenJournal;
  eachFresh(harness, (fresh) => {
    ({ installation, copy } = fresh);
  });

  const read = (input: Input, appendedAt: number, partition = 0): Promise<AdvanceResult> =>
    copy.journal.advance(batch([input], { appendedAt, partition }));

  describe('a report that changed nothing', () => {
    it('is known while intake may append it again, and forgotten when the log has moved on', async () => {
      const repeat = said('repeat');
      await read(repeat, start);
      await read(said('repeat'), start + appendedAgainWithinMs);
      await copy.upkeep.prune(0);
      expect(await read(repeat, start + appendedAgainWithinMs)).toMatchObject({ skipped: 1, decided: 0 });
      await read(said('repeat'), start + appendedAgainWithinMs + 1);
      await copy.upkeep.prune(0);
      // Nothing appends it again so late. What would, is decided: that is how the test sees that it is forgotten.
      expect(await read(repeat, start + appendedAgainWithinMs + 1)).toMatchObject({ skipped: 0, decided: 1 });
    });

    it('is known after a standstill of any length: what was appended again may still be unread', async () => {
      const repeat = said('repeat');
      await read(repeat, start);
      installation.clock.set(installation.clock.now() + 7 * 86_400_000);
      await read(said('repeat'), start + 7 * 86_400_000, 1);
      await copy.upkeep.prune(0);
      expect(await read(repeat, start + 60_000)).toMatchObject({ skipped: 1, decided: 0 });
    });

    it('is kept like any cause when its id is one that is given again', async () => {
      const repeat = report(n1, 'repeat', '5f0c1b9a-0000-5000-8000-000000000001' as CauseId);
      await read(repeat, start);
      await read(said('repeat'), start + 3 * appendedAgainWithinMs);
      await copy.upkeep.prune(0);
      expect(await read(repeat, start + 3 * appendedAgainWithinMs)).toMatchObject({ skipped: 1 });
    });
  });

  it('a report that changed something is known as long as any cause', async () => {
    const opened = said('open');
    await read(opened, start);
    await read(said('repeat'), start + 3 * appendedAgainWithinMs);
    await copy.upkeep.prune(0);
    expect(await read(opened, start + 3 * appendedAgainWithinMs)).toMatchObject({ skipped: 1, decided: 0 });
    await copy.upkeep.prune(Number.MAX_SAFE_INTEGER);
    expect(await read(opened, start + 3 * appendedAgainWithinMs)).toMatchObject({ skipped: 0, decided: 1 });
  });

  it('each report is decided once, however late it is appended again, on any partition and after any upkeep', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (all) => {
        const own = await harness().installation();
        try {
          const first = await own.open();
          const { reports, decided, facts } = await play(own, first, all);
          const changing = all.filter((one) => one.kind === 'said' && one.changes).length;
          const repeats = await first.history.repeats(n1);
          expect(decided).toBe(reports);
          expect(facts).toBe(changing);
          expect(repeats.reduce((sum, { count }) => sum + count, 0)).toBe(reports - changing);
        } finally {
          await own.close();
        }
      }),
      { numRuns },
    );
  }, 300_000);
}
