import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../../cli/configuration/load.js';
import { ConfigurationInvalid } from '../../../cli/configuration/problems.js';

const clusters = 'clusters: [{name: a, kubeconfig: k}]';

function parsed(guard: string): ReturnType<typeof parseConfiguration>['guard'] {
  return parseConfiguration(`${clusters}\nguard:\n${guard}`, '/etc/faultline/bad.yaml').guard;
}

function problemsOf(guard: string): readonly string[] {
  try {
    parsed(guard);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.message.split('\n');
    throw error;
  }
}

describe('given budgets in the configuration', () => {
  it('then they hold beside those of each operation and cluster, compiled', () => {
    const { labels, policy, soaksMs, onlyHealthy } = parsed(`
  labels: [rack]
  operations: {isolate: {share: 0.2, rate: 3, per: 10s}, reimage: {soak: 10m, onlyHealthy: true}}
  budgets:
    - name: racks
      operations: [isolate, delete-node]
      scope: label:rack
      where: {pools: [gpu], labels: {rack: [r1, r2]}}
      atOnce: {share: 0.1, count: 4}
      rate: {count: 10, per: 1h}
      minimumHealthy: {count: 3}
      quietHours: [{days: [mon, sun], from: '22:30', to: '06:00', timeZone: Europe/Berlin}]`);
    expect(labels).toEqual(['rack']);
    expect(soaksMs['reimage']).toBe(600_000);
    expect(onlyHealthy).toEqual(['reimage']);
    expect(policy.budgets.find(({ name }) => name === 'isolate')).toEqual({
      ...{ name: 'isolate', operations: ['isolate'], scope: { kind: 'cluster' }, where: {} },
      ...{ atOnce: { share: 0.2 }, rate: { count: 3, windowMs: 10_000 }, quietHours: [] },
    });
    expect(policy.budgets.at(-1)).toEqual({
      ...{ name: 'racks', operations: ['isolate', 'delete-node'], scope: { kind: 'label', label: 'rack' } },
      ...{ where: { pools: ['gpu'], labels: { rack: ['r1', 'r2'] } }, atOnce: { share: 0.1, count: 4 } },
      ...{ rate: { count: 10, windowMs: 3_600_000 }, minimumHealthy: { count: 3 } },
      quietHours: [{ days: [1, 7], from: 22 * 60 + 30, to: 6 * 60, timeZone: 'Europe/Berlin' }],
    });
  });
});

describe('given soaks in the configuration', () => {
  const soaksOf = (section: string): unknown => parsed(section).soaksMs;
  const minutes = 60_000;

  it('then a policy that says nothing of them has every node watched that others changed: it was left to itself at once', () => {
    expect(soaksOf('  labels: []')).toEqual({
      ...{ isolate: 5 * minutes, migrate: 5 * minutes, 'delete-pods': 5 * minutes, release: 5 * minutes },
      ...{ 'restart-component': 5 * minutes, power: 5 * minutes, reimage: 5 * minutes },
    });
  });

  it('then 0s turns it off for that operation', () => {
    expect(soaksOf('  operations: {isolate: {soak: 0s}, power: {soak: 90s}}')).toMatchObject({
      ...{ power: 1.5 * minutes, reimage: 5 * minutes },
    });
    expect(soaksOf('  operations: {isolate: {soak: 0s}}')).not.toHaveProperty('isolate');
  });
});

const budget = (rest: string): string => `  budgets:\n    - {name: some, operations: [isolate], ${rest}}`;

const breaker = (rest: string): string => `  breakers:\n    - {name: trips, ${rest}}`;

const metrics = (...given: readonly string[]): string =>
  [
    '  prometheus: {url: http://prometheus:9090}',
    '  metrics:',
    ...given.map((rest, index) => `    - {name: m${index}, query: starts, ${rest}}`),
  ].join('\n');

describe('given a policy that can not be meant so', () => {
  it.each([
    ['no limit', budget('scope: zone'), 'bad.yaml:4:7: guard.budgets[0]: limits nothing'],
    [
      'a label that is not kept',
      budget('scope: label:rack, rate: {count: 1, per: 1h}'),
      'add it to guard.labels',
    ],
    [
      'a condition on a label that is not kept',
      budget('where: {labels: {rack: [a]}}, rate: {count: 1, per: 1h}'),
      'guard.budgets[0].where.labels.rack: the label rack is not kept',
    ],
    ['a scope that there is not', budget('scope: galaxy, atOnce: {count: 1}'), 'guard.budgets[0].scope'],
    ['a part of one node', budget('scope: node, atOnce: {share: 0.5}'), 'of a single node there is no share'],
    ['an empty pool', budget('where: {pools: []}, atOnce: {share: 0.5}'), 'guard.budgets[0].where.pools'],
    ['an empty limit', budget('atOnce: {}'), 'guard.budgets[0].atOnce: needs share or count'],
    ['two minima', budget('minimumHealthy: {share: 0.5, count: 3}'), 'needs share or count, and not both'],
    [
      'a share that contradicts the minimum',
      budget('atOnce: {share: 0.5}, minimumHealthy: {share: 0.8}'),
      "contradicts atOnce: with 0.5 of the nodes out, 0.8 of them can't be healthy",
    ],
    [
      'a time zone that there is not',
      budget("quietHours: [{from: '08:00', to: '09:00', timeZone: Mars/Olympus}]"),
      'guard.budgets[0].quietHours[0].timeZone: Mars/Olympus is no time zone',
    ],
    ['a time that there is not', budget("quietHours: [{from: '8', to: '25:00'}]"), 'quietHours[0].from'],
    [
      'the name of an operation',
      '  budgets: [{name: power, operations: [power], atOnce: {count: 1}}]',
      'power is the budget under guard.operations',
    ],
    [
      'one name twice',
      `${budget('atOnce: {count: 1}')}\n    - {name: some, operations: [power], atOnce: {count: 1}}`,
      'bad.yaml:5:14: guard.budgets[1].name: some is there twice',
    ],
    [
      'two policies for one scope',
      `${budget('atOnce: {count: 1}')}\n    - {name: other, operations: [isolate], atOnce: {count: 2}}`,
      'guard.budgets[1]: is about the same as guard.budgets[0]',
    ],
    [
      'two policies for one scope, in another order',
      `${budget('where: {pools: [g, c]}, atOnce: {count: 1}')}
    - {name: other, operations: [isolate], where: {pools: [c, g]}, quietHours: [{from: '01:00', to: '02:00'}]}`,
      'guard.budgets[1]: is about the same as guard.budgets[0]',
    ],
    [
      'a share that the operation has already',
      budget('atOnce: {share: 0.1}'),
      'guard.budgets[0].atOnce: is what guard.operations.isolate.share says',
    ],
    [
      'a rate that the operation has already',
      budget('rate: {count: 5, per: 60s}'),
      'guard.budgets[0].rate: is what guard.operations.isolate.rate says',
    ],
    [
      'no node at once, and how often',
      budget('scope: zone, atOnce: {count: 0}, rate: {count: 1, per: 1h}'),
      'bad.yaml:4:64: guard.budgets[0].atOnce: allows nothing at all',
    ],
    [
      'some out while all are healthy',
      budget('scope: zone, atOnce: {count: 2}, minimumHealthy: {share: 1}'),
      'guard.budgets[0].minimumHealthy: contradicts atOnce: with 2 out, not all nodes can be healthy',
    ],
    [
      'a minimum for what takes nothing out',
      '  budgets: [{name: some, operations: [power, release], minimumHealthy: {share: 0.5}}]',
      'guard.budgets[0].minimumHealthy: never holds: only isolate and delete-node',
    ],
    [
      'quiet hours without an end',
      budget("quietHours: [{from: '06:00', to: '20:00'}, {from: '19:00', to: '06:00'}]"),
      'guard.budgets[0].quietHours: are always, so that nothing is ever begun',
    ],
    [
      'a cluster that there is not',
      budget('where: {clusters: [a, b]}, atOnce: {count: 1}'),
      'guard.budgets[0].where.clusters[1]: there is no cluster b: known are a',
    ],
    [
      'a breaker of a cluster that there is not',
      breaker('where: {clusters: [b]}, nodes: 5, within: 1h'),
      'guard.breakers[0].where.clusters[0]: there is no cluster b',
    ],
    [
      'a breaker for more faults than are looked at',
      breaker('nodes: 20001, within: 1h'),
      'guard.breakers[0].nodes: never trips: at most 20000',
    ],
    [
      'a breaker for owners, which faults do not have',
      breaker('where: {owners: [ci]}, nodes: 5, within: 1h'),
      'guard.breakers[0].where.owners: never trips',
    ],
    [
      'a breaker that is blinder than its looks',
      breaker('nodes: 5, within: 400ms'),
      'bad.yaml:4:39: guard.breakers[0].within: is shorter than guard.lookEvery',
    ],
    [
      'two breakers for one scope',
      `${breaker('scope: pool, nodes: 5, within: 1h')}\n    - {name: again, scope: pool, nodes: 9, within: 60m}`,
      'guard.breakers[1]: counts the same as guard.breakers[0]',
    ],
    [
      'a metric of a cluster that there is not, so that it never stopped anything',
      metrics('better: higher, limit: 1, where: {clusters: [a, b]}'),
      'bad.yaml:5:81: guard.metrics[0].where.clusters[1]: there is no cluster b: known are a',
    ],
    [
      'a number that has to be more and less',
      metrics('better: higher, limit: 0.9', 'better: lower, limit: 0.5'),
      'bad.yaml:6:55: guard.metrics[1].limit: contradicts guard.metrics[0]: no number is at least 0.9 and at most 0.5',
    ],
    [
      'one number judged twice for one scope',
      metrics(
        'better: lower, limit: 9, operations: [power, isolate]',
        'better: lower, baseline: {margin: 1}, operations: [isolate, power]',
      ),
      'bad.yaml:6:7: guard.metrics[1]: asks the same as guard.metrics[0]',
    ],
    [
      'a budget of reporters for what only others ask for',
      '  budgets: [{name: some, operations: [delete-node, release], scope: reporter, atOnce: {count: 1}}]',
      'guard.budgets[0].scope: never holds: nobody who asks for this says who reported a fault',
    ],
    [
      'a budget of reporters for what an owner does',
      budget('where: {reporters: [npd], owners: [ci]}, atOnce: {count: 1}'),
      'guard.budgets[0].where.reporters: never holds',
    ],
    [
      'a budget for what we never ask for',
      '  budgets: [{name: some, operations: [delete-node], where: {owners: [faultline]}, atOnce: {count: 1}}]',
      'guard.budgets[0].where.owners: never holds: faultline itself asks for nothing of this',
    ],
  ])('as %s, then it is refused with place and reason', (_what, guard, expected) => {
    expect(problemsOf(guard).join('\n')).toContain(expected);
  });
});

describe('given a policy that looks odd and can be meant so', () => {
  it.each([
    ['another rate in a longer while', budget('rate: {count: 100, per: 1d}')],
    ['a number beside the share of the operation', budget('atOnce: {count: 3}')],
    ['only what is out already', budget('scope: pool, minimumHealthy: {share: 1}')],
    ['nothing at all', budget('scope: zone, atOnce: {count: 0}')],
    [
      'all days but one',
      budget("quietHours: [{days: [mon, tue, wed, thu, fri, sat], from: '00:00', to: '00:00'}]"),
    ],
    [
      'a faster and a slower breaker',
      `${breaker('nodes: 5, within: 1h')}\n    - {name: slow, nodes: 9, within: 1d}`,
    ],
    ['a number within a band', metrics('better: higher, limit: 0.1', 'better: lower, limit: 0.5')],
    [
      'one number for different operations',
      metrics('better: higher, limit: 1', 'better: higher, limit: 2, operations: [isolate]'),
    ],
    ['a budget of reporters for ours and others', budget('scope: reporter, atOnce: {count: 1}')],
    [
      'a budget of ours and somebody else',
      '  budgets: [{name: some, operations: [delete-node], where: {owners: [faultline, ci]}, atOnce: {count: 1}}]',
    ],
  ])('as %s, then it is taken', (_what, guard) => {
    expect(problemsOf(guard)).toEqual([]);
  });
});
