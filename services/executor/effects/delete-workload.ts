import { done, type Effect } from '../effect.js';
import { endingOf, isEnding, readNode, whyNotOurs } from '../present.js';
import { podsLeft } from './observe-workload.js';

/**
 * Destroys the pods that could not be moved, each by its UID. Never without grace: only the machine itself, or the
 * power that was seen off, can say that a pod has ended. The result names those that are still there.
 */
export const deleteWorkload: Effect<'deleteWorkload'> = async (command, world) => {
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const refused = whyNotOurs(node, command, world.settings);
  if (refused !== undefined) return refused;
  const { pods, gracePeriodSeconds } = command.parameters;
  const uids = pods.map(({ uid }) => uid);
  const pool = node.metadata.labels?.[world.settings.poolLabel];
  return {
    kind: 'act',
    ...(pool === undefined ? {} : { pool }),
    async act() {
      const left = await podsLeft(world, uids);
      if ('ending' in left) return left.ending;
      for (const { namespace, name, uid } of left.pods) {
        const answer = await world.cluster.deletePod(namespace, name, uid, Math.max(1, gracePeriodSeconds));
        // Conflict: another pod has the name by now; ours is gone.
        const gone = answer.kind === 'ok' || answer.kind === 'notFound' || answer.kind === 'conflict';
        if (!gone) return endingOf(answer);
        if (!(await world.keepClaim())) return { kind: 'lost' };
      }
      const after = await podsLeft(world, uids);
      return 'ending' in after ? after.ending : done({ pods: after.pods });
    },
  };
};
