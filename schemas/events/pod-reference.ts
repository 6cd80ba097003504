import type { PodReference } from '../../domain/command.js';
import type { PodUid } from '../../domain/identifiers.js';

export interface PodReferencePayload {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export function podToPayload(pod: PodReference): PodReferencePayload {
  return { namespace: pod.namespace, name: pod.name, uid: pod.uid };
}

export function payloadToPod(payload: PodReferencePayload): PodReference {
  return { namespace: payload.namespace, name: payload.name, uid: payload.uid as PodUid };
}
