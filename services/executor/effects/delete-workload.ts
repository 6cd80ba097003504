import type { KubernetesAnswer, KubernetesPod } from '../../../adapters/ports/kubernetes.js';
import { done, type Effect, type Ending } from '../effect.js';
import { endingOf, isEnding, readNode, whyNotOurs } from '../present.js';
import { referenceTo } from './ask-pods.js';
import { noticeEndsAt } from './migration-patch.js';
import { readPodsLeft } from './observe-workload.js';

type Conflict = Extract<KubernetesAnswer<never>, { readonly kind: 'conflict' }>;

/**
 * Destroys the pods that could not be moved, each by its UID and as it was read: a deletion that arrives late meets a
 * pod that is asked no more. Never without grace: only the machine itself, or the power that was seen off, can say that
 * a pod has ended. Never before the deadline that stands on a pod for all to read, whoever decided what. The result
 * names those that are still there.
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
      const conflicts = new Map<string, Conflict>();
      for (const pod of left.pods) {
        const { resourceVersion, uid } = pod.metadata;
        const asRead = { ...referenceTo(pod), resourceVersion };
        const answer = await world.cluster.deletePod(asRead, Math.max(1, gracePeriodSeconds));
        if (answer.kind === 'conflict') conflicts.set(uid, answer);
        else if (answer.kind !== 'ok' && answer.kind !== 'notFound') return endingOf(answer);
        if (!(await world.keepClaim())) return { kind: 'lost' };
      }
      const after = await readPodsLeft(world, uids);
      return 'ending' in after ? after.ending : endingAfter(after.pods, conflicts);
    },
  };
};

/** A pod that another one stands for under its name is gone; one that was changed since it was read has to be tried again. */
function endingAfter(left: readonly KubernetesPod[], conflicts: ReadonlyMap<string, Conflict>): Ending {
  const [missed] = left.flatMap(({ metadata }) => conflicts.get(metadata.uid) ?? []);
  return missed === undefined ? done({ pods: left.map(referenceTo) }) : endingOf(missed);
}
