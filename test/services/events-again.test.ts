import { expect, it } from 'vitest';

import type { PublishedFact, PublishedFacts } from '../../adapters/ports/journal.js';
import type { CauseId, NodeKey } from '../../domain/identifiers.js';
import { decisionsAgain } from '../../services/events-again.js';

const node = 'a/n1' as NodeKey;

function fact(version: number): PublishedFact {
  const causeId = `cause-${version}` as CauseId;
  return {
    fact: { node, version, type: 'FaultOpened', at: version, causeId, data: {} },
    epoch: 1,
    causedBy: causeId,
  };
}

/** Sends what it is asked as a driver of a database does: not in the turn of whoever asks. */
class SlowlySending {
  readonly happened: string[] = [];
  readonly #pages: readonly (readonly PublishedFact[])[];

  constructor(pages: readonly (readonly PublishedFact[])[]) {
    this.#pages = pages;
  }

  readonly publishedFacts = ({
    after,
  }: {
    readonly after?: { readonly version: number };
  }): Promise<PublishedFacts> => {
    const place = after?.version ?? 0;
    process.nextTick(() => this.happened.push(`asked after ${place}`));
    const facts = this.#pages[place] ?? [];
    const next = this.#pages[place + 1] === undefined ? undefined : { node, version: place + 1 };
    return Promise.resolve({
      next,
      facts: () => {
        this.happened.push(`made after ${place}`);
        return facts;
      },
    });
  };
}

it('the next page is on its way while the facts of one are made: a file of events took as long as both, one after the other', async () => {
  const history = new SlowlySending([[fact(1)], [fact(2)], [fact(3)]]);
  const versions: number[] = [];
  for await (const decisions of decisionsAgain({ history, pageFacts: 1 }))
    versions.push(...decisions.flatMap(({ facts }) => facts.map(({ fact: { version } }) => version)));
  expect(versions).toEqual([1, 2, 3]);
  expect(history.happened).toEqual([
    'asked after 0',
    'asked after 1',
    'made after 0',
    'asked after 2',
    'made after 1',
    'made after 2',
  ]);
});
