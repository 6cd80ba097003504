import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { Deciding } from '../../../adapters/ports/journal.js';
import { topicsOfEvent } from '../../../schemas/catalog.js';
import { decidingBy } from '../../../services/maintenance/decide/decide.js';
import { createOutboxWriter } from '../../../services/maintenance/publish/outbox-writer.js';
import { madeAgain, shownEvent } from '../../made-again.js';
import { readHistories, type GoldenHistory } from '../../upgrades/golden-history.js';
import { releasedVersions } from '../../upgrades/release.js';
import { publishedPage } from '../../published-page.js';
import { batch, retry } from './decisions.js';
import type { Harness } from './harness.js';

const golden = readHistories(releasedVersions().at(-1) ?? '');
const histories = golden.histories.filter(({ steps }) => steps.length <= 80);
const source = '/faultline/tested/maintenance';
const made = new Set(
  (['ProcessEvent', 'FaultChanged', 'MigrationRequested', 'ProcessEnded'] as const).flatMap(topicsOfEvent),
);

function historyAt(place: number): GoldenHistory {
  const history = histories[place];
  if (history === undefined) throw new TypeError(`the release has no history ${place}`);
  return history;
}

/** Every entry of the outbox that facts make, by node in the order in which it would be sent. */
async function published({ outbox }: OpenJournal): Promise<readonly string[]> {
  const entries = await outbox.unsent([0, 1], 100_000);
  return entries.filter(({ topic }) => made.has(topic)).map(shownEvent);
}

/** Fails at the inputs of these numbers the first time, so that their node is parked and they are tried again. */
function failingAt(deciding: Deciding, numbers: readonly number[]): Deciding {
  const toFail = new Set(numbers);
  let count = 0;
  return {
    ...deciding,
    decide: (state, input) => {
      count += 1;
      if (toFail.delete(count)) throw new Error('a mistake of ours');
      return deciding.decide(state, input);
    },
  };
}

function decidingOf(history: GoldenHistory): Deciding {
  const rules = golden.rules[history.rules];
  if (rules === undefined) throw new TypeError(`${history.name} has no rules`);
  return decidingBy(rules);
}

/** What was published can be made again from the facts, byte for byte, on every journal. */
export function madeAgainSuite(harness: () => Harness, numRuns: number): void {
  const open = async (epoch: number) => {
    const installation = await harness().installation();
    const copy = await installation.open({ writer: createOutboxWriter({ source, epoch }) });
    return { installation, copy };
  };

  describe('for any history, read in any batches, with inputs that fail at first', () => {
    it('the events made again from its facts are those that were published', { timeout: 300_000 }, () =>
      fc.assert(
        fc.asyncProperty(
          // By its place: a counterexample is to be read by people.
          fc.nat({ max: histories.length - 1 }),
          fc.integer({ min: 1, max: 20 }),
          fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
          fc.integer({ min: 1, max: 9 }),
          async (place, atOnce, failures, pageFacts) => {
            const history = historyAt(place);
            const { installation, copy } = await open(1);
            try {
              const deciding = failingAt(decidingOf(history), failures);
              const inputs = [
                ...history.steps.map(({ input }) => input),
                ...failures.map(() => retry(history.node)),
              ];
              for (let from = 0; from < inputs.length; from += atOnce)
                await copy.journal.advance(batch(inputs.slice(from, from + atOnce), deciding));
              expect(await madeAgain(copy.history, source, pageFacts)).toEqual(await published(copy));
            } finally {
              await installation.close();
            }
          },
        ),
        { numRuns },
      ),
    );
  });

  it('an event keeps the epoch in which it was published', async () => {
    const history = historyAt(0);
    const { installation, copy } = await open(1);
    try {
      const inputs = history.steps.map(({ input }) => input);
      await copy.journal.advance(batch(inputs.slice(0, 1), decidingOf(history)));
      await copy.upkeep.startEpoch();
      const later = await installation.open({ writer: createOutboxWriter({ source, epoch: 2 }) });
      await later.journal.advance(batch(inputs.slice(1), decidingOf(history)));
      const again = await madeAgain(later.history, source);
      expect(again).toEqual(await published(later));
      expect(again.join()).toContain('@1.1/ProcessEvent');
      expect(again.join()).not.toContain('@2.1/ProcessEvent');
      expect(again.join()).toContain('@2.');
    } finally {
      await installation.close();
    }
  });

  it('facts of many nodes come node by node, in pages, and only those that are asked for', async () => {
    const { installation, copy } = await open(1);
    const ask = async (more: Partial<Parameters<OpenJournal['history']['publishedFacts']>[0]>) =>
      (await publishedPage(copy.history, { limit: 100_000, ...more })).facts.map(
        ({ fact }) => `${fact.node} ${fact.version} ${fact.type}`,
      );
    try {
      const few = [...new Map(histories.map((history) => [history.node, history])).values()].slice(0, 5);
      for (const history of few) {
        const inputs = history.steps.map(({ input }) => input);
        await copy.journal.advance(batch(inputs, decidingOf(history)));
      }
      const all = await ask({});
      const nodes = [...new Set(all.map((line) => line.split(' ')[0] ?? ''))];
      expect(nodes).toEqual(few.map(({ node }) => node as string).toSorted());
      const {
        facts: [first, second],
        next,
      } = await publishedPage(copy.history, { limit: 2 });
      expect(next).toMatchObject({ node: second?.fact.node, version: second?.fact.version });
      expect(await ask(next === undefined ? {} : { after: next })).toEqual(all.slice(2));
      const node = few.at(-1)?.node;
      expect(await ask(node === undefined ? {} : { node })).toEqual(
        all.filter((line) => line.startsWith(`${node ?? ''} `)),
      );
      expect(await ask({ types: ['ProcessEnded'] })).toEqual(
        all.filter((line) => line.endsWith(' ProcessEnded')),
      );
      expect(first?.fact.version).toBe(1);
    } finally {
      await installation.close();
    }
  });
}
