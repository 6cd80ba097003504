import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { Decide } from '../../../domain/decision.js';
import { replay } from '../../../domain/evolve.js';
import { canonicalJson } from '../../../domain/json.js';
import { emptyNodeState, type NodeState } from '../../../domain/node-state.js';
import { decidingBy } from '../../../services/maintenance/decide/decide.js';
import { readHistories, type GoldenHistory } from '../../upgrades/golden-history.js';
import { releasedVersions } from '../../upgrades/release.js';
import { batch } from './decisions.js';
import type { Harness } from './harness.js';

const golden = readHistories(releasedVersions().at(-1) ?? '');
/** Long ones cost time and show no more. */
const histories = golden.histories.filter(({ steps }) => steps.length <= 80);

/** Two consumers of one partition, of whom each believes to own it at times. */
type Move = {
  readonly who: 0 | 1;
  /** Records read next. */
  readonly records: number;
  /** First it goes back so many records: a redelivery, or an assignment that is long over. */
  readonly back: number;
};

const moves = fc.array(
  fc.record<Move>({
    who: fc.constantFrom(0, 1),
    records: fc.integer({ min: 1, max: 20 }),
    back: fc.integer({ min: 0, max: 30 }),
  }),
  { minLength: 1, maxLength: 25 },
);

/** What every version of the node is, decided one input after the other. */
function statesOf(history: GoldenHistory): readonly NodeState[] {
  const decide = decideOf(history);
  let state = emptyNodeState(history.node);
  return history.steps.flatMap(({ input }) => {
    const before = state;
    const { facts, state: after } = decide(before, input);
    state = after;
    return facts.map((_, index) => replay(history.node, facts.slice(0, index + 1), before));
  });
}

function rulesOf(history: GoldenHistory): ReturnType<typeof decidingBy> {
  const rules = golden.rules[history.rules];
  if (rules === undefined) throw new TypeError(`${history.name} has no rules`);
  return decidingBy(rules);
}

function decideOf(history: GoldenHistory): Decide {
  return rulesOf(history).decide;
}

/** Reads the history's inputs as one partition, as the moves say, and at last to the end. */
async function read(
  copies: readonly OpenJournal[],
  history: GoldenHistory,
  made: readonly Move[],
): Promise<number> {
  const cursors = [0, 0];
  const end = history.steps.length;
  const deciding = rulesOf(history);
  let decided = 0;
  const last = [0, 1].map((who): Move => ({ who: who === 0 ? 0 : 1, records: end, back: 0 }));
  const move = async ({ who, records, back }: Move): Promise<void> => {
    const from = Math.max(0, (cursors[who] ?? 0) - back);
    const to = Math.min(end, from + records);
    cursors[who] = to;
    if (from === to) return;
    const inputs = history.steps
      .slice(from, to)
      .map(({ input }, index) => ({ offset: BigInt(from + index), input }));
    const place = { group: 'fenced', topic: 'fenced', inputs, nextOffset: BigInt(to) };
    // With no cause remembered, nothing but the fence knows what was decided.
    await copies[who]?.upkeep.prune(Number.MAX_SAFE_INTEGER);
    const result = await copies[who]?.journal.advance(batch([], { ...deciding, ...place }));
    decided += result?.decided ?? 0;
  };
  const each = [0, 1].map((who) => [...made.filter((one) => one.who === who), ...last.slice(who, who + 1)]);
  await Promise.all(
    each.map(async (own) => {
      for (const one of own) await move(one);
    }),
  );
  return decided;
}

/** The offset fence, and replay, for any way in which records are read and read again, on every journal. */
export function fenceSuite(harness: () => Harness, numRuns: number): void {
  describe('for any batches, redeliveries and zombies with an old assignment', () => {
    it('each input is decided once and in order, and replay gives the state at every version', async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...histories), moves, async (history, made) => {
          const installation = await harness().installation();
          try {
            const copies = [await installation.open(), await installation.open()];
            const decided = await read(copies, history, made);
            expect(decided).toBe(history.steps.length);
            const facts =
              (await copies[0]?.history.facts(history.node, { fromVersion: 1, limit: 100_000 })) ?? [];
            const expected = statesOf(history);
            expect(facts).toHaveLength(expected.length);
            let state = emptyNodeState(history.node);
            for (const [index, fact] of facts.entries()) {
              state = replay(history.node, [fact], state);
              expect(canonicalJson(state)).toBe(canonicalJson(expected[index]));
            }
            expect(canonicalJson(await copies[1]?.history.state(history.node))).toBe(canonicalJson(state));
          } finally {
            await installation.close();
          }
        }),
        { numRuns },
      );
    }, 300_000);
  });
}
