import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultStatuses, type CommandResultDetail } from '../../../../domain/command.js';
import type { Decision } from '../../../../domain/decision.js';
import { replay } from '../../../../domain/evolve.js';
import { faultTypes } from '../../../../domain/fault.js';
import type { BootId, NodeUid, PodUid } from '../../../../domain/identifiers.js';
import { canonicalJson } from '../../../../domain/json.js';
import type { NodeState } from '../../../../domain/node-state.js';
import { migrationStatuses, orderKinds } from '../../../../domain/signal.js';
import { policyOf } from './small-policy.js';
import * as anything from '../../../schemas/arbitraries.js';
import { activePolicy, DecidedNode, node as nodeKey, observePolicy } from './decided-node.js';

/** One step of a story; what it means depends on where the node stands. */
type Step = (node: DecidedNode) => Decision | undefined;

const pods = ['pod-1', 'pod-2'].map((uid) => ({ namespace: 'shop', name: uid, uid: uid as PodUid }));
const bootId = fc.constantFrom('b1', 'b2', 'b3').map((id) => id as BootId);
const nodeUid = fc.constantFrom('u1', 'u2').map((uid) => uid as NodeUid);
const conditionStatus = fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const);

const observation = fc.record({
  nodeUid,
  bootId,
  ready: conditionStatus,
  conditions: fc.record({ KernelDeadlock: conditionStatus }),
  unschedulable: fc.boolean(),
});

const detail: fc.Arbitrary<CommandResultDetail> = fc.record(
  {
    observation,
    pods: fc.subarray(pods),
    repaired: fc.boolean(),
    nodeGone: fc.boolean(),
    ticket: fc.constant('T-1'),
    reason: fc.constant('because'),
  },
  { requiredKeys: [] },
);

const reports: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(...faultTypes, 'Sunspots'),
    fc.record(
      {
        status: fc.constantFrom('firing' as const, 'firing' as const, 'cleared' as const),
        source: fc.constantFrom('npd', 'agent'),
        bootId,
        sequence: fc.nat(9),
      },
      { requiredKeys: ['status', 'source'] },
    ),
    fc.boolean(),
  )
  .map(
    ([type, about, late]) =>
      (node) =>
        node.report(type, about, late ? true : undefined),
  );

/** Mostly done: stories that only fail do not get far. */
const status = fc.oneof(
  { weight: 3, arbitrary: fc.constant('done' as const) },
  { weight: 1, arbitrary: fc.constantFrom(...resultStatuses) },
);

const results: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(3), status, detail)
  .map(([choice, ending, told]) => (node) => {
    const open = node.state.process?.context.open ?? [];
    const chosen = open[choice % Math.max(1, open.length)];
    return chosen === undefined ? undefined : node.answer(chosen.type, ending, told);
  });

const timers: fc.Arbitrary<Step> = fc
  .constantFrom(
    'workload-check' as const,
    'evacuation-deadline' as const,
    'workload-gone-deadline' as const,
    'repair-check' as const,
    'repair-deadline' as const,
    'boot-check' as const,
    'boot-deadline' as const,
    'verify-check' as const,
    'verify-deadline' as const,
    'stage-overdue' as const,
  )
  .map((timer) => (node) => (node.state.process === undefined ? undefined : node.fire(timer)));

const orders: fc.Arbitrary<Step> = fc
  .constantFrom(...orderKinds)
  .map((kind) => (node) => (node.state.process === undefined ? undefined : node.order(kind)));

const changes: fc.Arbitrary<Step> = fc
  .oneof(
    fc.record({ change: fc.constant('deleted' as const) }),
    fc.record({ change: fc.constantFrom('appeared' as const, 'rebooted' as const), nodeUid, bootId }),
  )
  .map((change) => (node) => node.change(change));

const migrations: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('announced' as const, ...migrationStatuses), fc.constantFrom(...pods))
  .map(([news, pod]) => (node) => {
    const { process } = node.state;
    const requestId = process?.context.migrationRequestId;
    if (process === undefined || requestId === undefined) return undefined;
    const { id: processId, context } = process;
    if (news !== 'announced')
      return node.decide({
        kind: 'migration-reply',
        reply: { requestId, processId, pod, status: news, by: 'm' },
      });
    const { stageEntry } = context;
    return node.signal({ kind: 'MigrationAnnounced', processId, stageEntry, requestId });
  });

/** Whatever can be decoded from a topic, about no process that ever was. */
const strangers: fc.Arbitrary<Step> = fc.oneof(
  anything.signal.map(
    (signal): Step =>
      (node) =>
        node.signal(signal),
  ),
  anything.reply.map(
    (reply): Step =>
      (node) =>
        node.decide({ kind: 'migration-reply', reply }),
  ),
  anything.report.map(
    (report): Step =>
      (node) =>
        node.decide({ kind: 'report', report: { ...report, id: report.id } }),
  ),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: results },
  { weight: 3, arbitrary: reports },
  { weight: 3, arbitrary: timers },
  { weight: 1, arbitrary: orders },
  { weight: 1, arbitrary: changes },
  { weight: 1, arbitrary: migrations },
  { weight: 1, arbitrary: strangers },
);

const policy = fc.constantFrom(activePolicy, observePolicy, policyOf('delete'));
const story = fc.tuple(policy, fc.array(step, { minLength: 5, maxLength: 60 }));

/** Tells the story and lets `check` see each decision with the state before it. */
function tell(
  [rules, steps]: readonly [DecidedNode['policy'], readonly Step[]],
  check: (node: DecidedNode, decision: Decision, before: NodeState) => void,
): DecidedNode {
  const node = new DecidedNode(rules);
  for (const next of steps) {
    const before = node.state;
    const decision = next(node.wait(1_000));
    if (decision !== undefined) check(node, decision, before);
  }
  return node;
}

describe('for any inputs in any order', () => {
  it('nothing throws, and replay of the facts is the state', () => {
    fc.assert(
      fc.property(story, (given) => {
        const node = tell(given, (_, { facts, state }, before) => {
          expect(canonicalJson(replay(nodeKey, facts, before))).toBe(canonicalJson(state));
        });
        expect(canonicalJson(replay(nodeKey, node.facts))).toBe(canonicalJson(node.state));
      }),
      { numRuns: 300 },
    );
  });

  it('the same decision made again is the same', () => {
    fc.assert(
      fc.property(story, ([rules, steps]) => {
        const first = tell([rules, steps], () => undefined);
        const second = tell([rules, steps], () => undefined);
        expect(second.commands).toEqual(first.commands);
        expect(second.facts).toEqual(first.facts);
      }),
      { numRuns: 100 },
    );
  });

  it('commands and timers are for the process that is active then, and no command has the id of another', () => {
    fc.assert(
      fc.property(story, (given) => {
        const node = tell(given, (_, { commands, timers, state }) => {
          for (const command of commands) {
            expect(command.processId).toBe(state.process?.id);
            expect(state.process?.context.open.map(({ id }) => id)).toContain(command.id);
          }
          const entered = state.process?.context.stageEntry ?? 0;
          for (const timer of timers) expect(timer.stageEntry).toBeLessThanOrEqual(entered);
        });
        expect(new Set(node.commands.map(({ id }) => id)).size).toBe(node.commands.length);
      }),
      { numRuns: 300 },
    );
  });

  it('only what is open is revoked, and no process ends with a command open', () => {
    fc.assert(
      fc.property(story, (given) => {
        tell(given, (_, { revoke, facts, state }, before) => {
          const open = before.process?.context.open.map(({ id }) => id) ?? [];
          for (const id of revoke) expect(open).toContain(id);
          if (facts.every(({ type }) => type !== 'ProcessEnded')) return;
          const settled = facts
            .filter(({ type }) => type === 'CommandSettled')
            .map(({ data }) => data['commandId']);
          expect(open.filter((id) => !settled.includes(id))).toEqual([]);
          expect(state.process?.id).not.toBe(before.process?.id);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('every report has exactly one fate, and what was isolated is returned or handed over before the end', () => {
    fc.assert(
      fc.property(story, (given) => {
        tell(given, (_, { report, facts }, before) => {
          if (report?.fate === 'ignored') expect(report.reason).toBeDefined();
          const ended = facts.find(({ type }) => type === 'ProcessEnded');
          if (ended === undefined || before.process?.context.isolated !== true) return;
          if (ended.data['outcome'] === 'Retired') return;
          expect(['returning', 'handingOver']).toContain(before.process.stage);
        });
      }),
      { numRuns: 300 },
    );
  });
});
