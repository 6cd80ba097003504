import type { KubernetesPod } from '../../adapters/ports/kubernetes.js';
import { annotation, migrationLabel, processAnnotation } from '../../adapters/ports/node-marks.js';
import type { NodeKey } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import { ClaimBook } from './claim-book.js';
import type { Invariant } from './invariant.js';

type Told = Extract<Happening, { readonly kind: 'pod told to go' }>;

/**
 * Kubernetes rules of DESIGN section 6: a pod goes only when it was asked to, by its UID; it is deleted only after the
 * deadline, which begins when the log has the request; and no machine is switched off under workload that still runs.
 * @param noticeMs the deadline, or the minimum notice where that is longer
 * @param podsOn what really runs there
 */
export function workloadHasNotice(
  noticeMs: number,
  podsOn: (node: NodeKey) => { readonly pods: readonly KubernetesPod[]; readonly heard: boolean },
): Invariant {
  const claims = new ClaimBook();
  const requested = new Map<string, number>();
  const judge = (told: Told, at: number): string | undefined => {
    const { by, verb, pod } = told;
    const askedAt = requested.get(pod.metadata.uid);
    const process = annotation(pod, processAnnotation);
    if (pod.metadata.labels?.[migrationLabel] === undefined || process === undefined)
      return `${by} told ${pod.metadata.name} to go, which nobody asked to`;
    if (askedAt === undefined)
      return `${by} told ${pod.metadata.name} to go before the request was published`;
    if (verb === 'evict') return undefined;
    if (claims.behind(told)?.command.processId !== process) return `${by} deletes a pod of ${process}`;
    return at - askedAt < noticeMs
      ? `${pod.metadata.name} was deleted ${at - askedAt} ms after it was asked`
      : undefined;
  };
  const offUnderWorkload = ({ node }: { readonly node: NodeKey }): string | undefined => {
    const { pods, heard } = podsOn(node);
    const asked = pods.filter(({ metadata }) => metadata.labels?.[migrationLabel] !== undefined);
    return heard && asked.length > 0
      ? `${node} was switched off under ${asked.length} pods that were asked to move`
      : undefined;
  };
  return {
    name: 'workload goes only when asked, and is destroyed only after its deadline',
    after: (happening, at) => {
      claims.note(happening, at);
      for (const { uid } of happening.kind === 'published'
        ? (happening.record.event.MigrationRequested?.pods ?? [])
        : [])
        requested.set(uid, requested.get(uid) ?? at);
      if (happening.kind === 'pod told to go') return judge(happening, at);
      return happening.kind === 'machine touched' && happening.verb === 'forceOff'
        ? offUnderWorkload(happening)
        : undefined;
    },
  };
}
