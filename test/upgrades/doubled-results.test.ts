import { expect, it } from 'vitest';
import { replay } from '../../domain/evolve.js';
import { canonicalJson } from '../../domain/json.js';
import type { CauseId } from '../../domain/identifiers.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';
import type { Input } from '../../domain/signal.js';
import { decideBy } from '../../services/maintenance/decide/decide.js';
import { readHistories, type GoldenHistory } from './golden-history.js';
import { releasedVersions } from './release.js';

type Result = Extract<Input, { readonly kind: 'signal' }> & {
  readonly signal: { readonly kind: 'CommandResult' };
};

/** Of a command at a stage so many are tried. */
const mostOfAKind = 25;
const golden = readHistories(releasedVersions().at(-1) ?? '');

function isResult(input: Input): input is Result {
  return input.kind === 'signal' && input.signal.kind === 'CommandResult';
}

/** What is left of a state when the count of its facts is left out. */
function meaning(state: NodeState): string {
  const { version: _version, ...rest } = state;
  return canonicalJson(rest);
}

/** Each result of a history again after every later step: with a cause of its own, as if nothing had known it for a repetition. */
function* again({
  node,
  steps,
}: GoldenHistory): Generator<{ readonly state: NodeState; readonly input: Result }> {
  const results: Result[] = [];
  let state = emptyNodeState(node);
  for (const { input, facts } of steps) {
    state = replay(node, facts, state);
    if (isResult(input)) results.push(input);
    for (const [place, result] of results.entries())
      yield {
        state,
        input: { ...result, at: input.at, causeId: `again-${state.version}-${place}` as CauseId },
      };
  }
}

it('given histories that were recorded, when each result of a command comes again at every later moment, then it is told as stale and changes nothing', () => {
  const seen = new Map<string, number>();
  for (const history of golden.histories) {
    const rules = golden.rules[history.rules];
    if (rules === undefined) expect.fail(`${history.name} has rules`);
    const decide = decideBy(rules);
    for (const { state, input } of again(history)) {
      const kind = `${input.signal.result.commandType} at ${state.process?.stage ?? 'rest'}`;
      const tried = seen.get(kind) ?? 0;
      if (tried === mostOfAKind) continue;
      seen.set(kind, tried + 1);
      const { facts, commands, revoke, timers } = decide(state, input);
      expect(facts.map(({ type }) => type)).toEqual(['SignalIgnoredAsStale']);
      expect({ commands, revoke, timers }).toEqual({ commands: [], revoke: [], timers: [] });
      expect(meaning(replay(history.node, facts, state))).toBe(meaning(state));
    }
  }
  const repetitions = [...seen.values()].reduce((sum, tried) => sum + tried, 0);
  process.stdout.write(`results that came again: ${repetitions}, ${seen.size} kinds of command and stage\n`);
  expect(seen.size).toBeGreaterThan(100);
});
