import { describe, expect, it } from 'vitest';
import type { CopyName, KillPoint } from '../../chaos/kill-plan.js';
import { strike, type Scene } from '../../chaos/kill-points.js';
import { seededRandom } from '../../world/random.js';

/** A scene in which one group gathers as soon as one of its copies has been killed, and what is killed in it. */
function sceneOf(gathers: 'maintenance' | 'migrator'): {
  readonly scene: Scene;
  readonly killed: CopyName[];
} {
  const killed: CopyName[] = [];
  const look = (group: string) => ({
    state: () => {
      const isGathering = group === gathers && killed.some((name) => name.startsWith(group));
      return Promise.resolve(isGathering ? 'PreparingRebalance' : 'Stable');
    },
    close: () => Promise.resolve(),
  });
  const scene: Scene = {
    installation: new Map(),
    victims: {
      kill: () => Promise.resolve(),
      killCopy: (name) => void killed.push(name),
      holdCopy: () => undefined,
      releaseCopy: () => undefined,
    },
    feed: { failTelling: () => Promise.resolve(true) },
    groups: { maintenance: look('maintenance'), migrator: look('migrator') },
    random: seededRandom('a'),
    patienceMs: 100,
  };
  return { scene, killed };
}

describe.each<['maintenance' | 'migrator', KillPoint, KillPoint]>([
  ['maintenance', 'in a rebalance of maintenance', 'in a rebalance of the migrators'],
  ['migrator', 'in a rebalance of the migrators', 'in a rebalance of maintenance'],
])('given that the group of %s gathers when a copy has been killed', (service, its, other) => {
  it('when its rebalance is the moment, then both of its copies are killed', async () => {
    const { scene, killed } = sceneOf(service);
    expect(await strike(its, scene)).toBe(true);
    expect(killed.toSorted()).toEqual([`${service}-1`, `${service}-2`]);
  });

  it('when the rebalance of others is the moment, then that did not come', async () => {
    const { scene, killed } = sceneOf(service);
    expect(await strike(other, scene)).toBe(false);
    expect(killed).toHaveLength(1);
  });
});
