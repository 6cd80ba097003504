import type { PodReference } from '../../../domain/command.js';
import type { PodUid, ProcessId } from '../../../domain/identifiers.js';
import type { JsonPatch, KubernetesAnswer, KubernetesPod } from '../../../adapters/ports/kubernetes.js';
import type { Ending, World } from '../effect.js';
import { endingOf } from '../present.js';
import { isAsked, withdrawPatch } from './migration-patch.js';

/** Pods of one node that are patched at a time. */
const together = 8;
const rereads = 5;

export function referenceTo(pod: KubernetesPod): PodReference {
  const { namespace, name, uid } = pod.metadata;
  return { namespace: namespace ?? 'default', name, uid: uid as PodUid };
}

/** Takes back what this process asked of pods that are still on the node. Undefined: done. */
export async function withdrawRequests(world: World, processId: ProcessId): Promise<Ending | undefined> {
  const pods = await world.cluster.listPodsOnNode(world.nodeName);
  if (pods.kind !== 'ok') return endingOf(pods);
  const asked = pods.value.filter((pod) => isAsked(pod, processId));
  const outcome = await patchPods(world, asked, (pod) =>
    isAsked(pod, processId) ? withdrawPatch(pod) : undefined,
  );
  return 'ending' in outcome ? outcome.ending : undefined;
}

/**
 * Patches pods, a few at a time. A pod that is gone, or whose name another pod has by now, is left out of the result.
 * `plan` gives undefined for a pod that needs no patch (any more). Stops at the first trouble.
 */
export async function patchPods(
  world: World,
  pods: readonly KubernetesPod[],
  plan: (pod: KubernetesPod) => JsonPatch | undefined,
): Promise<{ readonly pods: readonly KubernetesPod[] } | { readonly ending: Ending }> {
  const patched: KubernetesPod[] = [];
  for (let start = 0; start < pods.length; start += together) {
    const answers = await Promise.all(
      pods.slice(start, start + together).map((pod) => patchPod(world, pod, plan)),
    );
    for (const answer of answers) {
      if (answer.kind === 'ok') patched.push(answer.value);
      else if (answer.kind !== 'notFound') return { ending: endingOf(answer) };
    }
    if (start + together < pods.length && !(await world.keepClaim())) return { ending: { kind: 'lost' } };
  }
  return { pods: patched };
}

async function patchPod(
  world: World,
  asRead: KubernetesPod,
  plan: (pod: KubernetesPod) => JsonPatch | undefined,
): Promise<KubernetesAnswer<KubernetesPod>> {
  let pod = asRead;
  for (let round = 0; ; round += 1) {
    const patch = plan(pod);
    if (patch === undefined) return { kind: 'ok', value: pod };
    const { namespace = 'default', name, uid } = pod.metadata;
    const answer = await world.cluster.patchPod(namespace, name, patch);
    const changed = answer.kind === 'conflict' || answer.kind === 'unprocessable';
    if (!changed || round >= rereads) return answer;
    const again = await world.cluster.getPod(namespace, name);
    if (again.kind !== 'ok') return again;
    if (again.value.metadata.uid !== uid) return { kind: 'notFound' };
    pod = again.value;
  }
}
