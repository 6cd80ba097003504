import type { ApiRequest } from './api-request.js';
import {
  isJsonObject,
  objectsAt,
  timestamp,
  type JsonObject,
  type StoredObject,
} from './kubernetes-object.js';

/** In whose name fields are changed where nobody says so. */
const nobody = 'unknown';

/** Who a request says changes the fields: by a parameter, else by the user agent up to the slash. */
export function managerOf({ query, userAgent }: ApiRequest): string {
  return query.get('fieldManager') ?? (userAgent.split('/')[0] || nobody);
}

/**
 * `metadata.managedFields` of a node after a change, cut down to who set `spec.unschedulable`: the real server keeps it of every
 * field. Whoever writes the value that is there already changes nothing about whose it is; what is taken away is nobody's.
 */
export function managersOf(
  before: StoredObject | undefined,
  spec: unknown,
  change: { readonly manager: string | undefined; readonly at: number },
): readonly JsonObject[] | undefined {
  const wanted = isJsonObject(spec) && spec['unschedulable'] === true;
  if (!wanted) return undefined;
  const known = before?.metadata['managedFields'];
  if (before?.spec?.['unschedulable'] === true)
    return Array.isArray(known) ? objectsAt(before.metadata, 'managedFields') : undefined;
  return [
    {
      manager: change.manager ?? nobody,
      operation: 'Update',
      apiVersion: 'v1',
      time: timestamp(change.at),
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:unschedulable': {} } },
    },
  ];
}
