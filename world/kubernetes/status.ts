import type { JsonObject } from './kubernetes-object.js';
import type { Resource } from './resources.js';
import { qualified } from './resources.js';

export interface Cause extends JsonObject {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** A refusal of the API server: carries the Status object that the client gets. */
export class ApiRefusal extends Error {
  readonly code: number;
  readonly status: JsonObject;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, reason: string | undefined, message: string, details?: JsonObject) {
    super(message);
    this.name = 'ApiRefusal';
    this.code = code;
    const retry = details?.['retryAfterSeconds'];
    this.retryAfterSeconds = typeof retry === 'number' ? retry : undefined;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

export function badRequest(message: string): ApiRefusal {
  return new ApiRefusal(400, 'BadRequest', message);
}

export function unauthorized(): ApiRefusal {
  return new ApiRefusal(401, 'Unauthorized', 'Unauthorized');
}

export function noSuchPath(): ApiRefusal {
  return new ApiRefusal(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiRefusal {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiRefusal(405, 'MethodNotAllowed', message, {});
}

export function notFound(resource: Resource, name: string): ApiRefusal {
  const message = `${qualified(resource)} "${name}" not found`;
  return new ApiRefusal(404, 'NotFound', message, detailsOf(resource, name, resource.plural));
}

export function alreadyExists(resource: Resource, name: string): ApiRefusal {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new ApiRefusal(409, 'AlreadyExists', message, detailsOf(resource, name, resource.plural));
}

export function modified(resource: Resource, name: string): ApiRefusal {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(qualified(resource), name, why, detailsOf(resource, name, resource.plural));
}

/** A failed precondition of a deletion; the real server names the kind there, not the plural. */
export function preconditionFailed(resource: Resource, name: string, why: string): ApiRefusal {
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  return conflict(kind, name, why, detailsOf(resource, name, resource.kind));
}

export function conflict(what: string, name: string, why: string, details: JsonObject): ApiRefusal {
  return new ApiRefusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${what} "${name}": ${why}`,
    details,
  );
}

/** 422 with its causes; the message is made of them. */
export function invalid(resource: Resource, name: string, causes: readonly Cause[]): ApiRefusal {
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  const parts = causes.map((cause) => `${cause.field ?? ''}: ${cause.message}`);
  const list = parts.length === 1 ? (parts[0] ?? '') : `[${parts.join(', ')}]`;
  const details = { ...detailsOf(resource, name, resource.kind), causes };
  return new ApiRefusal(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, details);
}

/** What the real server says to a JSON patch that could not be applied, a failed `test` among them. */
export function patchNotApplicable(): ApiRefusal {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiRefusal(422, 'Invalid', message, {});
}

export function expired(message: string): ApiRefusal {
  return new ApiRefusal(410, 'Expired', message);
}

export function success(details?: JsonObject, code?: number): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
    ...(code === undefined ? {} : { code }),
  };
}

export function detailsOf(resource: Resource, name: string, kind: string): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind,
  };
}
