import { describe, expect, it } from 'vitest';

import { fleetProblems } from '../../../cli/configuration/fleet-problems.js';
import { parseLocatedConfiguration } from '../../../cli/configuration/load.js';

const located = parseLocatedConfiguration(
  `clusters: [{name: a, kubeconfig: k}]
guard:
  labels: [rack]
  budgets:
    - {name: all, operations: [isolate], scope: zone, atOnce: {count: 1}}
    - name: gpus
      operations: [isolate]
      where: {pools: [gpus]}
      atOnce: {share: 0.1}
  breakers:
    - name: racks
      where: {labels: {rack: [r9]}}
      nodes: 5
      within: 1h
  prometheus: {url: http://prometheus:9090}
  metrics:
    - {name: fine, query: up, better: higher, limit: 1}
    - {name: starts, query: up, better: higher, limit: 1, where: {zones: [z9]}}
`,
  'faultline.yaml',
);

const inventory = {
  picture: (cluster: string) =>
    Promise.resolve({
      ...{ cluster, observedAt: 0 },
      groups: [{ pool: 'gpu', zone: 'z1', labels: { rack: 'r1' }, size: 3 }],
    }),
};

describe('given a policy that names what no node of the inventory has', () => {
  it('then each is a problem with the line where it stands', async () => {
    const problems = await fleetProblems(located, inventory, ['rack']);
    expect(problems.map(({ line, key }) => `${line} ${key}`)).toEqual([
      '8 guard.budgets[1].where.pools[0]',
      '12 guard.breakers[0].where.labels.rack[0]',
      '18 guard.metrics[1].where.zones[0]',
    ]);
  });

  it('then labels that the inventory does not keep yet are none', async () => {
    expect(await fleetProblems(located, inventory, [])).toHaveLength(2);
  });
});
