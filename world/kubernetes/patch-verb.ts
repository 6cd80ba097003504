import type { ApiRequest } from './api-request.js';
import type { ClusterState } from './cluster-state.js';
import { applyJsonPatch } from './json-patch.js';
import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { isJsonObject } from './kubernetes-object.js';
import { wrongType } from './kind-rules.js';
import { applyMergePatch, applyStrategicMergePatch } from './merge-patch.js';
import { ApiRefusal, badRequest } from './status.js';
import { updateObject, type Target } from './write-verbs.js';

const patchers: Readonly<Record<string, (target: unknown, patch: unknown) => unknown>> = {
  'application/json-patch+json': applyJsonPatch,
  'application/merge-patch+json': applyMergePatch,
  'application/strategic-merge-patch+json': applyStrategicMergePatch,
};

/** 415 before anything else is looked at, as the real server does. */
export function refuseUnknownPatch(contentType: string): void {
  if (patchers[contentType] !== undefined) return;
  throw new ApiRefusal(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

/** Applies the request's patch to the object. Throws 400, 409, 415, 422. */
export function patchObject(
  state: ClusterState,
  target: Target,
  before: StoredObject,
  request: ApiRequest,
  dryRun: boolean,
): StoredObject {
  const patcher = patchers[request.contentType];
  if (patcher === undefined)
    throw new ApiRefusal(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  const patched = patcher(before, parsePatch(request.body));
  return updateObject(state, target, before, ofKind(target, patched), dryRun);
}

function parsePatch(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function ofKind({ resource }: Target, patched: unknown): JsonObject {
  if (!isJsonObject(patched)) throw badRequest('error decoding patch: the result is no object');
  const problem = wrongType(resource, patched);
  if (problem === undefined) return patched;
  const causes = [{ reason: 'FieldValueInvalid', message: `Invalid value: ${problem}`, field: 'patch' }];
  throw new ApiRefusal(422, 'Invalid', ` "" is invalid: patch: Invalid value: ${problem}`, { causes });
}
