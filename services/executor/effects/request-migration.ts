import { done, type Effect } from '../effect.js';
import { endingOf, isEnding, readNode, whyNotOurs } from '../present.js';
import { patchPods, referenceTo } from './ask-pods.js';
import { askToMovePatch, isAsked, isMovable } from './migration-patch.js';

/** Asks the pods of the node to leave; the result names those that were asked. Asking twice changes nothing. */
export const requestMigration: Effect<'requestMigration'> = async (command, world) => {
  const node = await readNode(world);
  if (isEnding(node)) return node;
  const refused = whyNotOurs(node, command, world.settings);
  if (refused !== undefined) return refused;
  const { processId, parameters } = command;
  const pool = node.metadata.labels?.[world.settings.poolLabel];
  return {
    kind: 'act',
    ...(pool === undefined ? {} : { pool }),
    async act() {
      // Read under the claim: the pods that are there after isolation are all that will ever be asked.
      const present = await world.cluster.listPodsOnNode(world.nodeName);
      if (present.kind !== 'ok') return endingOf(present);
      const notBefore = new Date(world.clock.now() + parameters.deadlineMs).toISOString();
      const marks = { processId, notBefore, reason: parameters.reason };
      const outcome = await patchPods(world, present.value.filter(isMovable), (pod) =>
        isAsked(pod, processId) ? undefined : askToMovePatch(pod, marks),
      );
      return 'ending' in outcome ? outcome.ending : done({ pods: outcome.pods.map(referenceTo) });
    },
  };
};
