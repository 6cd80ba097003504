import type { ProcessId } from '../../../domain/identifiers.js';
import type { JsonPatch, KubernetesPod } from '../../../adapters/ports/kubernetes.js';
import {
  annotation,
  migrationDeadlineAnnotation,
  migrationLabel,
  migrationReasonAnnotation,
  processAnnotation,
} from '../../../adapters/ports/node-marks.js';
import { asRead, setKeys } from '../../patch-steps.js';

/**
 * Whether a pod has to be gone before the node is worked on: not DaemonSet's, not static, not finished. One that is
 * leaving already still runs until its grace is over.
 */
export function isMovable(pod: KubernetesPod): boolean {
  const { metadata, status } = pod;
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return false;
  if (annotation(pod, 'kubernetes.io/config.mirror') !== undefined) return false;
  return !(metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet' || kind === 'Node');
}

/** Whether the pod has been asked to leave by this process. */
export function isAsked(pod: KubernetesPod, processId: ProcessId): boolean {
  return (
    pod.metadata.labels?.[migrationLabel] !== undefined && annotation(pod, processAnnotation) === processId
  );
}

/** When the notice that the pod was given is over, ms; 0: it was given none that can be read. */
export function noticeEndsAt(pod: KubernetesPod): number {
  const instant = Date.parse(annotation(pod, migrationDeadlineAnnotation) ?? '');
  return Number.isNaN(instant) ? 0 : instant;
}

export interface MigrationMarks {
  readonly processId: ProcessId;
  /** RFC 3339. Not before this; it counts from the announcement, which comes later. */
  readonly notBefore: string;
  readonly reason: string;
}

/** Asks a pod to leave, visibly for whoever moves it. */
export function askToMovePatch(pod: KubernetesPod, marks: MigrationMarks): JsonPatch {
  const annotations = new Map([
    [processAnnotation, marks.processId],
    [migrationDeadlineAnnotation, marks.notBefore],
    [migrationReasonAnnotation, marks.reason],
  ]);
  return [
    ...asRead(pod),
    ...setKeys(pod, 'labels', new Map([[migrationLabel, 'to-be-migrated']])),
    ...setKeys(pod, 'annotations', annotations),
  ];
}

/** Takes the request back: the pod may stay. */
export function withdrawPatch(pod: KubernetesPod): JsonPatch {
  const annotations = new Map(
    [processAnnotation, migrationDeadlineAnnotation, migrationReasonAnnotation].map((key) => [
      key,
      undefined,
    ]),
  );
  return [
    ...asRead(pod),
    ...setKeys(pod, 'labels', new Map([[migrationLabel, undefined]])),
    ...setKeys(pod, 'annotations', annotations),
  ];
}
