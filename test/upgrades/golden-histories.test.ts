import { describe, expect, it } from 'vitest';
import { replay } from '../../domain/evolve.js';
import { canonicalJson } from '../../domain/json.js';
import { emptyNodeState } from '../../domain/node-state.js';
import {
  acceptedDrift,
  driftOf,
  readHistories,
  shownStep,
  type DriftedStep,
  type GoldenHistory,
} from './golden-history.js';
import { readRelease, releasedVersions } from './release.js';

function tellDrift(history: GoldenHistory, { step, before, today }: DriftedStep): string {
  const { process } = before;
  const where =
    process === undefined
      ? 'no process'
      : `${process.workflow} version ${process.workflowVersion}, ${process.stage}`;
  return [
    `${history.name} is decided otherwise after version ${before.version} (${where}, input ${step.input.kind})`,
    'A process that a release began would change its course in midway. If a machine was edited: put it back and add a',
    'new version beside it, dormant (CONTRIBUTING.md, "A workflow"). If deciding itself was mended: say so with the',
    'reason in accepted-drift.json beside the history. Never record the history anew.',
    `released: ${shownStep(step)}`,
    `today:    ${shownStep(today)}`,
  ].join('\n');
}

/** Those that are held to their course. */
const binding = releasedVersions().filter((version) => readRelease(version)?.decidedAnew === undefined);

it('the latest release is held to what it decided', () => {
  expect(binding).toContain(releasedVersions().at(-1));
});

describe.each(releasedVersions())('histories that release %s left', (version) => {
  const golden = readHistories(version);

  it('fold to the states that were, by today’s evolve', () => {
    for (const { node, steps, state } of golden.histories) {
      const facts = steps.flatMap((step) => step.facts);
      expect(canonicalJson(replay(node, facts))).toBe(canonicalJson(state));
    }
  });

  it.each(binding.includes(version) ? golden.histories : [])(
    'are decided by today’s machines as they were then: $name',
    (history) => {
      const accepted = acceptedDrift(version).filter((one) => one.history === history.name);
      const drift = driftOf(golden, history);
      const isAccepted = ({ before }: DriftedStep): boolean =>
        accepted.some((one) => one.version === before.version);
      const unexpected = drift.find((step) => !isAccepted(step));
      if (unexpected !== undefined) expect.fail(tellDrift(history, unexpected));
      expect(drift.map(({ before }) => before.version)).toEqual(accepted.map((one) => one.version));
    },
  );

  it('run through every workflow that the release had, to every kind of end', () => {
    const machines = new Set<string>();
    const outcomes = new Set<unknown>();
    for (const { node, steps } of golden.histories) {
      let state = emptyNodeState(node);
      for (const { facts } of steps) {
        for (const { type, data } of facts) if (type === 'ProcessEnded') outcomes.add(data['outcome']);
        state = replay(node, facts, state);
        if (state.process !== undefined) machines.add(state.process.workflow);
      }
    }
    expect([...machines].sort()).toEqual(readRelease(version)?.workflows);
    expect([...outcomes].sort()).toEqual(['Cancelled', 'HandedToHuman', 'Recovered', 'Retired']);
  });
});
