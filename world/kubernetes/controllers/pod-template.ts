import type { JsonObject, StoredObject } from '../kubernetes-object.js';
import { objectAt } from '../kubernetes-object.js';

/** The body of a pod that the owner makes from its template. */
export function podFromTemplate(owner: StoredObject, spec: JsonObject): JsonObject {
  const template = objectAt(owner.spec, 'template');
  const reference = {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    metadata: {
      ...objectAt(template, 'metadata'),
      generateName: `${owner.metadata.name}-`,
      ownerReferences: [reference],
    },
    spec: { ...objectAt(template, 'spec'), ...spec },
  };
}
