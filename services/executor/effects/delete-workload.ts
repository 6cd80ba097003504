import { done, type Effect } from '../effect.js';
import { endingOf, isEnding, readNode, whyNotOurs } from '../present.js';
import { referenceTo } from './ask-pods.js';
import { noticeEndsAt } from './migration-patch.js';
import { podsLeft, readPodsLeft } from './observe-workload.js';

/**
 * Destroys the pods that could not be moved, each by its UID. Never without grace: only the machine itself, or the
 * power that was seen off, can say that a pod has ended. Never before the deadline that stands on a pod for all to
 * read, whoever decided what. The result names those that are still there.
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
      const left = await readPodsLeft(world, uids);
      if ('ending' in left) return left.ending;
      const noticeLeftMs = Math.max(0, ...left.pods.map(noticeEndsAt)) - world.clock.now();
      if (noticeLeftMs > 0) return { kind: 'later', reason: 'NoticeNotOver', afterMs: noticeLeftMs };
      for (const { namespace, name, uid } of left.pods.map(referenceTo)) {
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
