import { done, type Effect } from '../effect.js';
import { isEnding, observationOf, readNode } from '../present.js';

/** Reads the node. Whether it is the one that was expected is for the process to judge. */
export const observeNode: Effect<'observeNode'> = async (_command, world) => {
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const observation = observationOf(node, world.settings);
  return { kind: 'act', act: () => Promise.resolve(done({ observation })) };
};
