import { describe, expect, it } from 'vitest';
import { FalseAlarms, isolateLimit, shippedBreakers } from './false-alarms.js';
import { brokenDisk, brokenMemory, deadlock, effectsOn, endingsOf, story } from './story.js';
import type { Deviation } from '../../simulation/scheduler/deviations.js';
import type { Scripted } from '../../simulation/schedules/script.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nodes = ['n1', 'n2', 'n3', 'n4'];

const fails = (node: string, at: number, defect = deadlock): Scripted => ({
  at,
  what: 'a machine fails',
  node,
  defect,
});

/** DESIGN section 11, each lesson named after what happened elsewhere. Every invariant holds in each of them. */
describe('lessons others paid for', () => {
  it('an agent restarted, had no history and reported old faults as new: the fleet was rebooted', async () => {
    const told = await story([
      fails('n1', 1_000),
      { at: 2 * hourMs, what: 'an old report comes again', node: 'n1', type: 'KernelDeadlock', boot: 1 },
    ]);
    expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
    expect(told.fates.at(-1)).toMatchObject({ fate: 'IGNORED', reason: 'StaleBoot' });
  });

  it('a paused consumer caught up and cordoned for faults that were long over', async () => {
    const late = Array.from({ length: 4 }, (_, index) => `the log's fetch of fault.reports #${index + 1}`);
    const told = await story([{ at: 1_000, what: 'a strange report', node: 'n1', type: 'CpuFailure' }], {
      deviations: Object.fromEntries(late.map((key) => [key, { requestMs: 30 * minuteMs }])),
    });
    expect(endingsOf(told, 'n1')).toEqual(['CANCELLED NotSeenNow']);
    expect(effectsOn(told, 'n1')).toEqual([]);
  });

  it.each([27, 30, 40, 45])(
    'the log was away, and deadlines came due before anybody had looked: a person was called, or the machine rebooted again (append %i)',
    async (append) => {
      const hourLater = { requestMs: hourMs };
      const told = await story(
        [
          { at: 500, what: 'a pod may not be disrupted', node: 'n1', forMs: 100 * hourMs },
          fails('n1', 1_000),
        ],
        {
          choices: { whenOverdue: 'delete' },
          deviations: Object.fromEntries(
            ['relay-1', 'relay-2'].map((relay) => [`${relay} log.append #${append}`, hourLater]),
          ),
        },
      );
      expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
      const wrong = ['PersonAsked', 'WorkflowChanged'];
      expect(told.events.filter(({ type }) => wrong.includes(type))).toEqual([]);
    },
  );

  it('two faults of one node within 90 ms: one was lost', async () => {
    const told = await story([fails('n1', 1_000), fails('n1', 1_090, brokenDisk)]);
    expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
    expect(told.ended[0]?.faultTypes).toEqual(expect.arrayContaining(['DiskFailure', 'KernelDeadlock']));
  });

  it('everything was repaired at once when it was let go', async () => {
    const told = await story(nodes.map((node, index) => fails(node, 1_000 + index)));
    // Never more than two at once: the invariant sees to that. Nobody starves, and who came first goes first.
    expect(nodes.map((node) => endingsOf(told, node))).toEqual(nodes.map(() => ['RECOVERED Recovered']));
    const begun = nodes.map((node) => effectsOn(told, node)[0]?.at ?? 0);
    expect(Math.max(...begun.slice(0, 2))).toBeLessThan(Math.min(...begun.slice(2)));
  });

  it('a breaker at 50 % blocked recoveries too, and froze all repair', async () => {
    const told = await story([
      fails('n1', 1_000, brokenMemory),
      fails('n2', 1_001, brokenMemory),
      fails('n3', minuteMs),
    ]);
    const [incident, ...more] = told.incidents;
    if (incident === undefined) expect.fail('the breaker did not trip');
    expect(more).toEqual([]);
    // Repaired, switched on, verified and given back, all of it while nothing may begin.
    for (const node of ['n1', 'n2']) {
      const last = effectsOn(told, node).at(-1)?.at ?? 0;
      expect(effectsOn(told, node).find(({ what }) => what === 'on')?.at).toBeGreaterThan(incident.begunAt);
      expect(last).toBeLessThan(incident.endedAt);
      expect(endingsOf(told, node)).toEqual(['RECOVERED Recovered']);
    }
    expect(effectsOn(told, 'n3')[0]?.at).toBeGreaterThan(incident.endedAt);
    expect(endingsOf(told, 'n3')).toEqual(['RECOVERED Recovered']);
  });

  it('a breaker was released, and everything was repaired at once', async () => {
    const told = await story([
      // So that one more may be out, and no more.
      { at: 500, what: 'a person cordons', node: 'n1' },
      fails('n2', 1_000, brokenMemory),
      fails('n3', minuteMs),
      fails('n4', 2 * minuteMs),
    ]);
    const [incident] = told.incidents;
    const spans = ['n3', 'n4'].map((node) => effectsOn(told, node).map(({ at }) => at));
    const [[third = 0, ...thirds] = [], [fourth = 0] = []] = spans;
    expect(third).toBeGreaterThan(incident?.endedAt ?? Infinity);
    // The oldest first, and the next when that is back.
    expect(fourth).toBeGreaterThanOrEqual(thirds.at(-1) ?? Infinity);
    for (const node of ['n3', 'n4']) expect(endingsOf(told, node)).toEqual(['RECOVERED Recovered']);
  });

  it('a breaker was released, and what had long been well was repaired', async () => {
    const told = await story([
      fails('n1', 1_000, brokenMemory),
      fails('n2', 1_001, brokenMemory),
      { at: minuteMs, what: 'a machine fails', node: 'n3', defect: deadlock, fadesAfterMs: hourMs },
    ]);
    expect(told.incidents).toHaveLength(1);
    expect(effectsOn(told, 'n3')).toEqual([]);
    expect(endingsOf(told, 'n3')).toEqual(['CANCELLED FaultCleared']);
  });

  it.each([4, 10, 40])(
    'a healthy fleet was reported faulty by one bad rule: thousands of reboots (%i nodes, as shipped)',
    async (size) => {
      const alarms = await FalseAlarms.on(size, shippedBreakers);
      alarms.reportAll(minuteMs);
      await alarms.pass(20 * minuteMs);
      const [incident, ...others] = await alarms.incidents();
      if (incident?.incident === undefined) expect.fail('nobody was asked');
      expect(others).toEqual([]);
      expect(incident.incident.shared).toContain(`reporter=bad-probe (${size} of ${size})`);
      const budget = Math.max(1, size * (isolateLimit?.atOnce?.share ?? 0));
      expect(alarms.everIsolated).toBeLessThanOrEqual(budget);

      await alarms.deny(incident.id, { by: 'anna', reason: 'the rule is wrong' });
      await alarms.pass(hourMs, () => alarms.running === 0);
      expect([alarms.isolated, alarms.running]).toEqual([0, 0]);
      expect(alarms.everIsolated).toBeLessThanOrEqual(budget);
    },
    3 * minuteMs,
  );

  it(
    'a rack of a large fleet was 32 faults, each dealt with for itself: no share of 2,000 nodes, and nobody was asked (as shipped)',
    async () => {
      const alarms = await FalseAlarms.on(2_000, shippedBreakers);
      alarms.reportAll(20_000, 32);
      await alarms.pass(20 * minuteMs);
      const incidents = await alarms.incidents();
      expect(incidents).toMatchObject([
        {
          where: { clusters: ['a'], faultTypes: ['DiskFailure'] },
          incident: { breaker: 'sudden', count: 32 },
        },
      ]);
      expect(alarms.everIsolated).toBeLessThan(20);
    },
    3 * minuteMs,
  );

  it('machines in repair counted as healthy, so that the limit never held', async () => {
    const told = await story([
      ...['n3', 'n4'].map((node): Scripted => ({ at: 1_000, what: 'a person cordons', node })),
      fails('n1', minuteMs),
      fails('n2', minuteMs),
    ]);
    // People give theirs back six hours after the start.
    expect(Math.min(...['n1', 'n2'].map((node) => effectsOn(told, node)[0]?.at ?? 0))).toBeGreaterThan(
      6 * hourMs,
    );
  });

  it.each(Array.from({ length: 8 }, (_, index) => index + 1))(
    'nodes were left cordoned for ever by a crash between two steps (settlement %i)',
    async (number) => {
      const crashes = ['executor-1', 'executor-2'].flatMap((part) =>
        ['crash-before', 'crash-after'].map((trouble, index) => [
          `${part} commands.settle #${number + index}`,
          { trouble },
        ]),
      );
      const told = await story([fails('n1', 1_000)], {
        deviations: Object.fromEntries(crashes) as Record<string, { trouble: string }>,
      });
      expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
      // Isolated once, given back once, and that is how it stands.
      expect(effectsOn(told, 'n1').map(({ what }) => what)).toEqual(['patched', 'forceOff', 'on', 'patched']);
      expect(told.outOfService).toEqual([]);
    },
  );

  it('nodes were left cordoned for ever by a journal that was lost: ours are told, and given back when they are well', async () => {
    const told = await story([
      fails('n1', 1_000),
      // While its machine boots.
      { at: 60_000, what: 'the journal is lost', restored: true },
    ]);
    const orphaned = told.events.find(({ type }) => type === 'IsolationOrphaned');
    expect(orphaned?.data).toMatchObject({ ours: 'true', atOnce: '1' });
    expect(endingsOf(told, 'n1').at(-1)).toBe('RECOVERED Recovered');
  });

  it('nodes were left cordoned for ever by a journal that was lost: those of another installation are told to people', async () => {
    const told = await story([
      fails('n1', 1_000),
      { at: 60_000, what: 'the journal is lost', restored: false },
    ]);
    const orphaned = told.events.find(({ type }) => type === 'IsolationOrphaned');
    expect(orphaned?.data).toMatchObject({ ours: 'false' });
    // Nobody but people touches what was isolated.
    expect(told.events.some(({ workflow }) => workflow === 'reclaim')).toBe(false);
  });

  it('one record for an unknown node: a crash loop with 607 restarts', async () => {
    const told = await story([
      { at: 1_000, what: 'a strange report', node: 'nobody', type: 'CpuFailure' },
      { at: 1_000, what: 'a strange report', node: 'nobody', type: 'Nonsense' },
      fails('n1', 1_000),
    ]);
    expect(endingsOf(told, 'nobody')).toEqual(['CANCELLED NodeGone']);
    expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
  });

  it.each([1_010, 1_030])(
    'a machine was repaired whose Node object had been recreated under the same name: the new one is repaired for itself (after %i ms)',
    async (at) => {
      const told = await story([
        fails('n1', 1_000),
        { at, what: 'a node is deleted', node: 'n1', returnsAfterMs: 500 },
      ]);
      expect(endingsOf(told, 'n1')).toEqual(['RETIRED Retired', 'RECOVERED Recovered']);
      // By the first process it was isolated and no more.
      const [isolated, ...since] = effectsOn(told, 'n1');
      expect(isolated?.at).toBeLessThan(at);
      expect(since.map(({ what }) => what)).toEqual(['patched', 'forceOff', 'on', 'patched']);
      expect(since[0]?.at).toBeGreaterThan(at + 500);
      expect(told.outOfService).toEqual([]);
    },
  );

  it.each([20_000, 45_000, 70_000])(
    'a machine was repaired whose Node object had been recreated under the same name: a person is asked (while it boots, after %i ms)',
    async (at) => {
      const told = await story([
        fails('n1', 1_000),
        { at, what: 'a node is deleted', node: 'n1', returnsAfterMs: 500 },
      ]);
      // The new object comes with the boot, and nothing is ever done to it.
      expect(effectsOn(told, 'n1').map(({ what }) => what)).toEqual(['patched', 'forceOff', 'on']);
      expect(effectsOn(told, 'n1').at(-1)?.at).toBeLessThan(at);
      const asked = told.events.filter(({ type }) => type === 'PersonAsked');
      expect(asked.map(({ data }) => data['reason'])).toEqual([
        'the node that came back could not be isolated: IdentityChanged',
      ]);
      expect(told.outOfService).toEqual([]);
    },
  );

  it('a drain was blocked for ever by a budget: a person is asked', async () => {
    const told = await story([
      { at: 500, what: 'a pod may not be disrupted', node: 'n1', forMs: 100 * hourMs },
      fails('n1', 1_000),
    ]);
    const asked = told.events.find(({ type }) => type === 'PersonAsked');
    expect(asked?.data).toMatchObject({ reason: 'workload is still there at the deadline' });
  });

  it('a drain was blocked for ever by a budget: where the policy says so, pods go after the deadline', async () => {
    const told = await story(
      [{ at: 500, what: 'a pod may not be disrupted', node: 'n1', forMs: 100 * hourMs }, fails('n1', 1_000)],
      { choices: { whenOverdue: 'delete' } },
    );
    expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
  });

  it('reboot loops without limit', async () => {
    const told = await story([fails('n1', 1_000, { ...deadlock, cure: 'repair' })]);
    const climbed = told.events
      .filter(({ type }) => type === 'WorkflowChanged')
      .map(({ data }) => data['to']);
    expect(climbed).toEqual(['reboot', 'reinstall', 'hardware-repair']);
    expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
  });
});

describe('what the simulator found', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'power went off 14 minutes after the claim to it had run out (claim %i)',
    async (number) => {
      const slow = ['executor-1', 'executor-2'].map((part) => [
        `${part} commands.claim #${number}`,
        { answerMs: 900_000 },
      ]);
      const told = await story([fails('n1', 1_000)], {
        deviations: Object.fromEntries(slow) as Record<string, { answerMs: number }>,
      });
      expect(told.ended.length).toBeGreaterThan(0);
    },
  );

  it.each([1, 2, 3, 4, 5, 6])(
    'power went off twice: another copy had attempted it since it was read (look at the fleet %i)',
    async (number) => {
      const told = await story([fails('n1', 1_000)], {
        deviations: {
          [`executor-1 inventory.summary #${number}`]: { answerMs: 70_000 },
          'executor-2 bmc.forceOff #1': { answerMs: 200_000 },
        },
      });
      expect(effectsOn(told, 'n1').filter(({ what }) => what === 'forceOff').length).toBeLessThanOrEqual(1);
      expect(told.ended.length).toBeGreaterThan(0);
    },
  );

  it('power seemed to go off twice for one command: the request of a part that had died came late (seed 5202)', async () => {
    const told = await story(
      [
        fails('n1', 1_000),
        // After its request to switch off was sent, and long before that arrives.
        { at: 8 * minuteMs, what: 'a part is killed', part: 'executor-1' },
        // So that it is the successor of the one that died which switches off for the next command.
        { at: 10 * minuteMs - 1_000, what: 'a part is killed', part: 'executor-2' },
        { at: 10 * minuteMs, what: 'a person orders', node: 'n1', order: 'retry' },
      ],
      { deviations: { 'executor-1 bmc.forceOff #1': { requestMs: 10 * minuteMs + 25 - 7_292 } } },
    );
    const off = effectsOn(told, 'n1').filter(({ what }) => what === 'forceOff');
    expect(off).toHaveLength(2);
    // Both while the executor that sent the first holds the second command.
    expect((off[1]?.at ?? 0) - (off[0]?.at ?? 0)).toBeLessThan(10);
    expect(endingsOf(told, 'n1')).toEqual(['RECOVERED Recovered']);
  });

  it("a person's cordon was taken away with the isolation: a person had uncordoned before what we had cordoned (seed 1135)", async () => {
    const told = await story([
      fails('n2', 163_890),
      { at: 170_000, what: 'a person uncordons', node: 'n2' },
      { at: 180_000, what: 'a person cordons', node: 'n2' },
    ]);
    expect(told.ended.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual(['RECOVERED CordonKept']);
  });

  it('a machine was left without power: a person dismissed its fault while it was off, and no process knew of that (seed 1087)', async () => {
    const told = await story([
      fails('n3', 1_000, brokenMemory),
      { at: 404_454, what: 'a person takes the taint away', node: 'n3' },
      { at: 1_818_531, what: 'the journal is lost', restored: true },
      // Before the process that begins then has isolated anything.
      { at: 1_820_540, what: 'a person orders', node: 'n3', order: 'dismiss' },
    ]);
    const asked = told.events.filter(({ node, type }) => node === 'n3' && type === 'PersonAsked');
    expect(asked.map(({ data }) => data['reason'])).toContain(
      'its fault was dismissed, but the node is not seen to be well',
    );
  });

  it('a machine was left without power: its node had been deleted while it was off, and stood there as Ready (seed 344)', async () => {
    const told = await story([
      fails('n4', 1_000, brokenMemory),
      { at: 600_000, what: 'a node is deleted', node: 'n4', returnsAfterMs: 557_932 },
      { at: 1_500_000, what: 'an old report comes again', node: 'n4', type: 'MemoryFailure', boot: 1 },
      { at: 1_501_000, what: 'a person orders', node: 'n4', order: 'dismiss' },
    ]);
    expect(endingsOf(told, 'n4')).toEqual(['RETIRED Retired']);
  });

  it.each(['getNode', 'evictPod'])(
    'workload was told to go by a process that had taken its request back: a migrator acted on what it had read before (%s, seeds 21591 and 22672)',
    async (verb) => {
      const late = verb === 'getNode' ? { answerMs: 5 * minuteMs } : { requestMs: 5 * minuteMs };
      const told = await story(
        [fails('n1', 1_000), { at: 4 * minuteMs, what: 'a person orders', node: 'n1', order: 'abort' }],
        {
          deviations: {
            [`migrator-1 kubernetes.${verb} #1`]: late,
            [`migrator-2 kubernetes.${verb} #1`]: late,
          },
        },
      );
      expect(endingsOf(told, 'n1')).toEqual(['HANDED_TO_HUMAN HandedToHuman']);
      expect(told.happenings.filter(({ happening }) => happening.kind === 'pod told to go')).toEqual([]);
    },
  );
});

describe('what chance hardly ever comes to', () => {
  it('a pod was deleted for a process that was over: the request of a part that had died came late', async () => {
    const executors = ['executor-1', 'executor-2'];
    const late = executors.map((part) => [`${part} kubernetes.deletePod #1`, { requestMs: 30 * minuteMs }]);
    const refused = executors.flatMap((part) =>
      Array.from({ length: 60 }, (_, index) => [
        `${part} kubernetes.deletePod #${2 + index}`,
        { trouble: '500' },
      ]),
    );
    const told = await story(
      [
        { at: 500, what: 'a pod may not be disrupted', node: 'n1', forMs: 100 * hourMs },
        fails('n1', 1_000),
        ...executors.map((part): Scripted => ({ at: 13 * minuteMs, what: 'a part is killed', part })),
        { at: 20 * minuteMs, what: 'a person orders', node: 'n1', order: 'abort' },
      ],
      {
        choices: { whenOverdue: 'delete' },
        deviations: Object.fromEntries([...late, ...refused]) as Record<string, Deviation>,
      },
    );
    expect(endingsOf(told, 'n1')).toEqual(['HANDED_TO_HUMAN HandedToHuman']);
    expect(told.happenings.filter(({ happening }) => happening.kind === 'pod told to go')).toEqual([]);
  });

  it('a node that a person holds was isolated as a slow watch had seen it before', async () => {
    // The one that watches is the only one that works.
    const late = Array.from({ length: 20 }, (_, index) => [
      [`executor-1 commands.claimable #${index + 1}`, { answerMs: 900_000 }],
      [`executor-2 kubernetes.watch #${index + 1}`, { requestMs: 900_000 }],
    ]).flat();
    const told = await story(
      [
        { at: 60_000, what: 'a person holds', node: 'n1' },
        fails('n1', 61_000, { type: 'MemoryFailure', condition: undefined, cure: 'repair' }),
      ],
      { deviations: Object.fromEntries(late) as Record<string, { answerMs: number }> },
    );
    const asked = told.events.find(({ type }) => type === 'PersonAsked');
    expect(asked?.data['reason']).toMatch(/could not be isolated.*anna looks at it/);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])(
    'a machine was declared out of service that somebody had switched on again (%i ms after it went off)',
    async (afterMs) => {
      const told = await story([
        { at: 500, what: 'a machine that goes off is switched on by hand', node: 'n1', afterMs },
        { at: 1_000, what: 'a kubelet falls silent', node: 'n1' },
      ]);
      expect(effectsOn(told, 'n1').some(({ what }) => what === 'forceOff')).toBe(true);
      expect(told.ended.length).toBeGreaterThan(0);
    },
  );

  it('a machine was switched on while it was still declared out of service: the taint could not be taken away', async () => {
    // Each executor's first patch goes through: isolation by the one, fencing by the other.
    const refused = ['executor-1', 'executor-2'].flatMap((part) =>
      Array.from({ length: 40 }, (_, index) => [
        `${part} kubernetes.patchNode #${2 + index}`,
        { trouble: '500' },
      ]),
    );
    const told = await story(
      [
        { at: 1_000, what: 'a kubelet falls silent', node: 'n1' },
        { at: hourMs, what: 'a person orders', node: 'n1', order: 'skip' },
      ],
      { deviations: Object.fromEntries(refused) as Record<string, { trouble: string }> },
    );
    const reasons = told.events
      .filter(({ type }) => type === 'PersonAsked')
      .map(({ data }) => data['reason']);
    expect(reasons).toContain('power could not be switched on: StillFenced');
    expect(told.ended.length).toBeGreaterThan(0);
  });
});
