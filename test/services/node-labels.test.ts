import { beforeEach, describe, expect, it } from 'vitest';
import type { FleetPlace } from '../../adapters/ports/journal.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { NodeLabels } from '../../services/node-labels.js';

describe('nodes by their labels', () => {
  let now = 0;
  let reads = 0;
  let rack = 'r1';
  let away = false;
  let errors = 0;
  let labels: NodeLabels;
  const node = 'a/n1' as NodeKey;

  const places = (): Promise<readonly FleetPlace[]> => {
    reads += 1;
    if (away) return Promise.reject(new Error('the journal is away'));
    return Promise.resolve([{ node, pool: 'gpu', zone: 'default', labels: { rack } }]);
  };

  beforeEach(() => {
    [now, reads, rack, away, errors] = [1_000_000, 0, 'r1', false, 0];
    labels = new NodeLabels({
      inventory: { places },
      kept: () => ({
        clusters: [{ name: 'a', poolLabel: 'pool', zoneLabel: 'zone' }],
        guard: { labels: ['rack'] },
      }),
      clock: { now: () => now },
      refreshMs: 5_000,
      onError: () => (errors += 1),
    });
  });

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('when many ask one after the other, then the fleet is read once', async () => {
    for (let asked = 0; asked < 100; asked += 1) {
      const selects = await labels.selecting('rack=r1');
      expect(selects(node)).toBe(true);
    }
    expect(reads).toBe(1);
  });

  it('when a label changes, then that is known five seconds later', async () => {
    const selects = await labels.selecting('rack=r1');
    rack = 'r2';
    now += 4_999;
    expect(selects(node)).toBe(true);
    now += 1;
    selects(node);
    await settled();
    expect([selects(node), reads]).toEqual([false, 2]);
  });

  it('when the journal is away, then what is known holds, and it is not asked at each event', async () => {
    const selects = await labels.selecting('rack=r2');
    [away, now] = [true, now + 5_000];
    for (let event = 0; event < 100; event += 1) {
      expect(selects(node)).toBe(false);
      await settled();
    }
    expect([reads, errors]).toEqual([2, 1]);
    await expect(labels.selecting('rack=r2')).rejects.toThrow('the journal is away');
  });
});
