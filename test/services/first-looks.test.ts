import { describe, expect, it } from 'vitest';

import type { KubernetesCluster, NodeEvent } from '../../adapters/ports/kubernetes.js';
import { nodeKey, type ClusterName, type NodeName, type ProcessId } from '../../domain/identifiers.js';
import { FirstLook, firstLooks } from '../../services/first-looks.js';
import { createMigrator } from '../../services/migrator/migrator.js';
import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import { silentLog } from './silent-log.js';

const refused = "nodes can't be listed: refused";

/** A cluster that is away until it is told to answer. */
function clusterAway() {
  let answer: () => void = () => undefined;
  const answers = new Promise<void>((resolve) => (answer = resolve));
  const cluster: Pick<KubernetesCluster, 'cluster' | 'watchNodes'> = {
    cluster: 'a',
    async *watchNodes(_signal, onTrouble): AsyncGenerator<NodeEvent> {
      for (let tries = 0; tries < 3; tries += 1) onTrouble(refused);
      await answers;
      yield { kind: 'listed', nodes: [] };
    },
  };
  return { cluster, answer };
}

function lookAt(cluster: Pick<KubernetesCluster, 'cluster' | 'watchNodes'>) {
  const warnings: string[] = [];
  const look = new FirstLook(cluster, {
    clock: systemClock,
    randomness: systemRandomness,
    signal: new AbortController().signal,
    log: { ...silentLog, warn: (_about, message) => void warnings.push(message) },
  });
  return { look, warnings };
}

describe('given a cluster that is away when an epoch begins', () => {
  it('then its trouble is told once and its problem names it, until it was looked at', async () => {
    const { cluster, answer } = clusterAway();
    const { look, warnings } = lookAt(cluster);
    const looks = firstLooks(new Map([['a', look]]));
    const running = look.run();
    await expect.poll(() => warnings).toHaveLength(1);
    expect(look.problem()).toBe(
      `cluster a was not looked at yet, so nothing is done to its nodes: ${refused}`,
    );
    expect({ a: looks.isOver('a'), other: looks.isOver('b') }).toEqual({ a: false, other: true });
    expect(look.isUnderWay()).toBe(false);
    answer();
    await running;
    expect({ a: looks.isOver('a'), problem: look.problem() }).toEqual({ a: true, problem: undefined });
    expect(warnings).toHaveLength(1);
  });

  it('then no pod of it is moved before it was looked at', async () => {
    const { cluster, answer } = clusterAway();
    const { look } = lookAt(cluster);
    const replies: string[] = [];
    const migrator = createMigrator({
      clusters: new Map(),
      firstLooks: firstLooks(new Map([['a', look]])),
      clock: systemClock,
      randomness: systemRandomness,
      reply: (_request, { status }) => {
        replies.push(status);
        return Promise.resolve();
      },
      signal: new AbortController().signal,
      log: silentLog,
      name: 'test',
      ...{ pollMs: 1, firstRetryMs: 1, longestRetryMs: 1 },
    });
    const running = look.run();
    const handled = migrator.handle({
      requestId: 'r1',
      processId: 'p-1' as ProcessId,
      node: nodeKey('a' as ClusterName, 'n1' as NodeName),
      pods: [{ namespace: 'default', name: 'web', uid: 'u1' as never }],
      reason: 'x',
      deadlineMs: 1,
      announcedAt: 0,
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect({ replies, underWay: migrator.underWay() }).toEqual({ replies: [], underWay: 0 });
    answer();
    await running;
    expect(await handled).toBe(true);
    expect(replies).toEqual(['refused']);
  });
});
