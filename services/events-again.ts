import { setImmediate as leaveTurn } from 'node:timers/promises';
import type {
  History,
  PublishedFact,
  PublishedFacts,
  PublishedFactsQuery,
  ToldProcess,
} from '../adapters/ports/journal.js';
import type { ToldFact } from '../domain/fact.js';
import type { NodeKey } from '../domain/identifiers.js';

/** Facts that were decided together, and the process of their node after them: all that their events were made of. */
export interface DecisionAgain {
  readonly facts: readonly PublishedFact[];
  readonly process: ToldProcess | undefined;
}

/** Each is decided by itself, although a retry of the same input may follow. */
const decidedAlone: ReadonlySet<ToldFact['type']> = new Set<ToldFact['type']>(['NodeParked', 'NodeUnparked']);

function isOneDecision(before: ToldFact, fact: ToldFact): boolean {
  return (
    before.node === fact.node &&
    before.causeId === fact.causeId &&
    before.at === fact.at &&
    !decidedAlone.has(before.type) &&
    !decidedAlone.has(fact.type)
  );
}

/** The journal tells of a process that it never said had begun: it is broken, or was not read from the beginning. */
export class ProcessWithoutBeginning extends Error {
  override readonly name = 'ProcessWithoutBeginning';
}

/** The process of a node after one more fact: as `evolve` would leave it. */
function processAfter(
  before: ToldProcess | undefined,
  { fact, process: change }: PublishedFact,
): ToldProcess | undefined {
  if (change === undefined) return before;
  if (change === 'over') return undefined;
  const { id = before?.id, workflow = before?.workflow, stage = before?.stage } = change;
  if (id === undefined || workflow === undefined || stage === undefined) {
    throw new ProcessWithoutBeginning(
      `fact ${fact.version} of ${fact.node} goes on with a process that never began: read from the first fact on; \`faultline replay --verify\` tells whether the journal is whole`,
    );
  }
  return { id, workflow, stage };
}

/** Folds facts node after node, and tells where one decision ended. Holds one decision. */
class Folding {
  #process: ToldProcess | undefined;
  #facts: PublishedFact[] = [];

  /** Takes the next fact; returns the decision before, when it is whole. */
  take(published: PublishedFact): DecisionAgain | undefined {
    const last = this.#facts.at(-1)?.fact;
    const isNext = last === undefined || isOneDecision(last, published.fact);
    const whole = isNext ? undefined : this.end();
    const isSameNode = last?.node === published.fact.node;
    this.#process = processAfter(isSameNode ? this.#process : undefined, published);
    this.#facts.push(published);
    return whole;
  }

  /** What was taken last; nothing more belongs to it. */
  end(): DecisionAgain | undefined {
    if (this.#facts.length === 0) return undefined;
    const decision = { facts: this.#facts, process: this.#process };
    this.#facts = [];
    return decision;
  }
}

export interface AgainOptions {
  readonly history: Pick<History, 'publishedFacts'>;
  /** Undefined: of all nodes. */
  readonly node?: NodeKey;
  /** Undefined: from the first node on. */
  readonly fromNode?: NodeKey;
  /** Facts read at once, which is what is held in memory. */
  readonly pageFacts?: number;
}

/**
 * Every decision of the journal again, a page of them at a time: each node's in order, one node after the other. Reads
 * only. What is decided meanwhile may be in it or not.
 */
export async function* decisionsAgain({
  history,
  node,
  fromNode,
  pageFacts = 500,
}: AgainOptions): AsyncGenerator<readonly DecisionAgain[], void> {
  const folding = new Folding();
  const read = (after?: PublishedFactsQuery['after']): Promise<PublishedFacts> =>
    history.publishedFacts({
      limit: pageFacts,
      ...(after === undefined ? {} : { after }),
      ...(node === undefined ? {} : { node }),
    });
  let next: Promise<PublishedFacts> | undefined =
    fromNode === undefined ? read() : read({ node: fromNode, version: 0 });
  while (next !== undefined) {
    const page: PublishedFacts = await next;
    next = page.next === undefined ? undefined : read(page.next);
    // Whoever leaves early does not wait for it.
    next?.catch(() => undefined);
    // The question has to leave first: then reading the next page and making the facts of this one go on at the same time.
    await leaveTurn();
    yield page.facts().flatMap((published) => folding.take(published) ?? []);
  }
  const rest = folding.end();
  if (rest !== undefined) yield [rest];
}
