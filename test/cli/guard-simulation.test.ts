import { describe, expect, it } from 'vitest';

import type { FaultCase } from '../../adapters/ports/guard-book.js';
import type { RecordedOperation } from '../../adapters/ports/guard-history.js';
import { playGuard } from '../../cli/composition/play-guard.js';
import { parseConfiguration } from '../../cli/configuration/load.js';
import { guardSimulationText } from '../../cli/output/guard-simulation-text.js';
import type { NodeKey, ProcessId } from '../../domain/identifiers.js';
import { memberWith } from '../services/guard/asked.js';
import { streamOf } from '../../adapters/journal/stream-of.js';
import { expectPublishedForm } from './form-validator.js';

const minuteMs = 60_000;
const since = Date.UTC(2026, 0, 1);
const { guard } = parseConfiguration(
  `clusters: [{name: a, kubeconfig: k}]
guard: {operations: {isolate: {share: 0.1, rate: 100, per: 1m}}}
`,
  'new.yaml',
);

function isolation(node: string, askedAt: number, lastingMs: number): RecordedOperation {
  const request = { operation: 'isolate', node: `a/${node}` as NodeKey, owner: 'faultline' } as const;
  const ended = askedAt + lastingMs;
  return {
    ...{ id: node, chain: node, request, askedAt, headStartMs: 0, beganAt: askedAt },
    ...{ endedAt: ended, chainEndedAt: ended },
  };
}

/** A journal of ten nodes. */
function readerOf(operations: readonly RecordedOperation[], cases: readonly FaultCase[] = []) {
  const groups = [{ pool: 'p', zone: 'z', labels: {}, size: 10 }];
  return {
    inventory: {
      picture: (cluster: string) => Promise.resolve({ cluster, observedAt: 0, groups }),
      member: (node: NodeKey) => Promise.resolve(memberWith({ node })),
    },
    guardBook: {
      cases: ({ since: from, limit }: { readonly since: number; readonly limit: number }) =>
        Promise.resolve(cases.filter(({ at }) => at >= from).slice(0, limit)),
      history: () => Promise.resolve({ rows: [] }),
    },
    guardHistory: { operations: () => streamOf(operations) },
  };
}

const asked = { clusters: ['a'], guard, since, until: since + 60 * minuteMs, limit: 5 };

describe('given a policy that is played on the history', () => {
  it('then it is told what it would have held, by what and how long, and what nobody can know', async () => {
    const operations = [isolation('n1', since, 10 * minuteMs), isolation('n2', since + 1, 4 * minuteMs)];
    const played = await playGuard(readerOf(operations), asked);
    expectPublishedForm(played, 'GuardSimulation');
    expect(played).toMatchObject({
      policy: guard.version,
      operations: [
        { operation: 'isolate', asked: 2, atOnce: 1, held: 1, stillWaiting: 0, inFact: { held: 0 } },
      ],
      heldBy: [{ by: 'isolate/in-flight', held: 1, longest: 599.999 }],
      first: [{ cluster: 'a', node: 'n2', waited: 599.999, waitedInFact: 0 }],
    });
    const text = guardSimulationText(played, false);
    expect(text).toMatch(/\nOPERATION +ASKED +AT ONCE.*\nisolate +2 +1 +1 +9m +9m +9m +0 +0 /);
    expect(text).toMatch(/\nisolate\/in-flight +1 +9m /);
    expect(text).toContain('not known:\n  sizes of pools, zones and labels are those of the inventory now');
  });

  it('then every fault counts once, however many came at one moment', async () => {
    const cases = Array.from({ length: 12_001 }, (_, index) => ({
      ...{ node: `a/n${index}` as NodeKey, processId: `p-${index}` as ProcessId, stage: 'isolating' },
      ...{ faultType: 'DiskFailure', at: since + (index < 11_000 ? 5 : 6) },
    }));
    const played = await playGuard(readerOf([], cases), asked);
    expect(played.trips).toMatchObject([
      { breaker: 'many', common: 'cluster a', nodes: 12_001 },
      { breaker: 'small', common: 'cluster a', nodes: 12_001 },
      { breaker: 'sudden', common: 'faultType DiskFailure of cluster a', nodes: 12_001 },
    ]);
  });
});
