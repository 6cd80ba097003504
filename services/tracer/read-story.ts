import type { History } from '../../adapters/ports/journal.js';
import type { Fact } from '../../domain/fact.js';
import type { EventNumber } from '../../domain/event-number.js';
import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import { isWhole, type ProcessStory } from './spans-of-process.js';

const pageOfFacts = 128;

/** Reads back from the fact that ends something as far as what it ends. */
export async function readStory(
  history: Pick<History, 'facts'>,
  {
    node,
    processId,
    ending,
  }: { readonly node: NodeKey; readonly processId: ProcessId; readonly ending: EventNumber },
): Promise<ProcessStory> {
  let facts: readonly Fact[] = [];
  for (let until = ending.version; until > 0 && !isWhole({ facts, processId }); until -= pageOfFacts) {
    const fromVersion = Math.max(1, until - pageOfFacts + 1);
    const page = await history.facts(node, { fromVersion, limit: until - fromVersion + 1 });
    facts = [...page, ...facts];
  }
  return { processId, epoch: ending.epoch, facts };
}
