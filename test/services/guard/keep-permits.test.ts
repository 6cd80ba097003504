import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { systemRandomness } from '../../../adapters/clock/system-clock.js';
import { connectCluster, type ConnectedCluster } from '../../../adapters/kubernetes/cluster.js';
import { createMemoryJournal } from '../../../adapters/memory/journal.js';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import type { KubernetesAnswer } from '../../../adapters/ports/kubernetes.js';
import type { Clock } from '../../../adapters/ports/clock.js';
import { permitLabel, permitOwnerAnnotation } from '../../../adapters/ports/node-marks.js';
import type { ChangeId, NodeKey } from '../../../domain/identifiers.js';
import { keepPermits, type PermitKeeping } from '../../../services/guard/keep-permits.js';
import { changeNamed } from '../../contract/journal/changes-suite.js';
import { defaultOptions, TestClock } from '../../contract/journal/harness.js';
import { TestCluster } from '../../world/kubernetes/cluster.js';
import { loopOver } from '../maintenance/loop-over-moments.js';

const mergePatch = 'application/merge-patch+json';
/** Some time after the nodes were made. */
let start: number;
let world: TestCluster;
let cluster: ConnectedCluster;
let journal: OpenJournal;

beforeEach(async () => {
  world = await TestCluster.start(['n1', 'n2']);
  start = world.clock.now() + 3_600_000;
  const clock: Clock = new TestClock();
  cluster = connectCluster({
    cluster: 'a',
    access: { server: world.server.baseUrl, token: () => 'test' },
    ...{ clock, randomness: systemRandomness, version: 'test' },
  });
  journal = createMemoryJournal(defaultOptions(new TestClock()));
  await journal.upkeep.resume();
});
afterEach(async () => {
  await cluster.close();
  await world.server.stop();
});

async function granted(node: string, at = start): Promise<ChangeId> {
  const leaseMs = 3_600_000;
  const change = changeNamed(node, { operation: 'delete-node', askedAt: at, leaseMs });
  const {
    change: { id },
  } = await journal.changeBook.keep(change, 0);
  expect(await journal.changeBook.grant(id, { now: at, budgets: [], guardVersion: 0 })).toEqual({
    kind: 'granted',
  });
  return id;
}

const over = (id: ChangeId): Promise<boolean> =>
  journal.changeBook.end(id, { how: 'succeeded', by: 'deployer', at: start });

/** A copy of Faultline, which looks at each of these moments, ms after `start`. */
const look = (moments: readonly number[], given: Partial<PermitKeeping> = {}): Promise<void> =>
  keepPermits({
    ...loopOver(moments.map((ms) => start + ms)),
    ...{
      cluster,
      changes: journal.changeBook,
      isWithheld: () => Promise.resolve(false),
      lookEveryMsNow: () => 500,
    },
    ...given,
  });

function permitOn(node: string): unknown {
  return world.node(node).metadata.labels?.[permitLabel];
}

function ownerOn(node: string): unknown {
  return world.node(node).metadata.annotations?.[permitOwnerAnnotation];
}

async function label(node: string, value: string | null): Promise<void> {
  const body = { metadata: { labels: { [permitLabel]: value } } };
  expect((await world.request('PATCH', `/api/v1/nodes/${node}`, body, mergePatch)).status).toBe(200);
}

describe('a permit to delete a node', () => {
  it('stands on the node while its change has leave, and no longer', async () => {
    const id = await granted('n1');
    await look([0]);
    expect([permitOn('n1'), permitOn('n2')]).toEqual([id, undefined]);
    await over(id);
    await look([0]);
    expect(permitOn('n1')).toBeUndefined();
  });

  it('says whose it is, so that nobody else can use it', async () => {
    const id = await granted('n1');
    await label('n1', id);
    await look([0]);
    expect(ownerOn('n1')).toBe('deployer');
    await over(id);
    await look([0]);
    expect(ownerOn('n1')).toBeUndefined();
  });

  it('given a leftover long after the last grant, then it is taken away all the same: it stood there for ever', async () => {
    let looks = 0;
    await look([0, 7_200_000, 7_800_000], {
      changes: {
        ...{ find: (id) => journal.changeBook.find(id) },
        granted: async (operation) => {
          looks += 1;
          if (looks === 3) await label('n1', 'c-late');
          return journal.changeBook.granted(operation);
        },
      },
    });
    expect(permitOn('n1')).toBeUndefined();
  });

  it('given an API server that was away for hours, then what is left is taken away once it is back', async () => {
    await label('n1', 'c-late');
    const answers: KubernetesAnswer<never>[] = [{ kind: 'unreachable', message: 'refused' }];
    const away = {
      listNodesLabelled: (key: string) =>
        Promise.resolve(answers.shift()).then((answer) => answer ?? cluster.listNodesLabelled(key)),
    };
    await look([0, 7_200_000], { cluster: { ...cluster, ...away } });
    expect(permitOn('n1')).toBeUndefined();
  });

  it('given that its lease is over, then it is taken away before anybody has taken leave back', async () => {
    await granted('n1');
    await look([0, 3_600_000]);
    expect(permitOn('n1')).toBeUndefined();
  });

  it('given one that nobody gave or that is another change’s, then it is taken away', async () => {
    await label('n1', 'c-forged');
    await label('n2', await granted('n1'));
    await look([0]);
    expect([permitOn('n1'), permitOn('n2')]).toEqual(['c-n1', undefined]);
  });

  it('given that somebody took it away, then it is written again', async () => {
    await granted('n1');
    let looks = 0;
    await look([0, 500, 30_000], {
      changes: {
        ...{ find: (id) => journal.changeBook.find(id) },
        granted: async (operation) => {
          looks += 1;
          if (looks === 2) await label('n1', null);
          return journal.changeBook.granted(operation);
        },
      },
    });
    expect(permitOn('n1')).toBe('c-n1');
  });

  it('given a node that was made after leave was given, then it is not that node’s', async () => {
    await granted('n1', world.clock.now());
    await look([0]);
    expect(permitOn('n1')).toBeUndefined();
  });

  it('given a change that ends while the node is read, then none is left', async () => {
    const id = await granted('n1');
    const ends = {
      getNode: async (name: string) => {
        const answer = await cluster.getNode(name);
        await over(id);
        return answer;
      },
    };
    await look([0], { cluster: { ...cluster, ...ends } });
    expect(permitOn('n1')).toBeUndefined();
  });

  it('given that nothing may be written there, then it is not', async () => {
    await granted('n1');
    await granted('n2');
    await look([0], { isWithheld: (node: NodeKey) => Promise.resolve(node === 'a/n1') });
    expect([permitOn('n1'), permitOn('n2')]).toEqual([undefined, 'c-n2']);
  });

  it('given an API server that is away for a while, then it is written afterwards', async () => {
    await granted('n1');
    const answers: KubernetesAnswer<never>[] = [{ kind: 'unreachable', message: 'refused' }];
    const away = {
      getNode: (name: string) =>
        Promise.resolve(answers.shift()).then((answer) => answer ?? cluster.getNode(name)),
    };
    await look([0, 500], { cluster: { ...cluster, ...away } });
    expect(permitOn('n1')).toBe('c-n1');
  });
});
