import type { Fact } from '../../domain/fact.js';
import type { StoredFact } from '../ports/archive.js';
import type { PublishedFact, PublishedFacts, ToldProcess } from '../ports/journal.js';

/** What events are made of: what the fact tells, and of its patch only what it changes of the process. */
export function publishedFact({ fact, epoch, causedBy }: StoredFact): PublishedFact {
  const { patch, evolveVersion: _folding, ...told } = fact;
  return { fact: told, epoch, causedBy, ...changeOfProcess(patch) };
}

function changeOfProcess({ process }: Fact['patch']): Pick<PublishedFact, 'process'> {
  if (process === undefined) return {};
  if (process === null) return { process: 'over' };
  const { id, workflow, stage } = process as Partial<ToldProcess>;
  return {
    process: {
      ...(id === undefined ? {} : { id }),
      ...(workflow === undefined ? {} : { workflow }),
      ...(stage === undefined ? {} : { stage }),
    },
  };
}

/** A page of facts that were made already; one that is not full is the last. */
export function publishedFactsOf(facts: readonly PublishedFact[], limit: number): PublishedFacts {
  const last = facts.length < limit ? undefined : facts.at(-1)?.fact;
  return { facts: () => facts, next: last && { node: last.node, version: last.version } };
}
