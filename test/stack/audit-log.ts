import { readFile } from 'node:fs/promises';

export const faultlineUser = 'system:serviceaccount:faultline:faultline';

/** One request that the API server answered, as its audit log tells it. */
export interface AuditedRequest {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly code: number;
  /** As JSON; empty for reads. */
  readonly request: string;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function requestOf(line: string): (AuditedRequest & { readonly stage: string }) | undefined {
  // The last line may be half written.
  let event: Fields;
  try {
    event = fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
  const object = fieldsOf(event['objectRef']);
  return {
    stage: textOf(event['stage']),
    user: textOf(fieldsOf(event['user'])['username']),
    verb: textOf(event['verb']),
    resource: textOf(object['resource']),
    subresource: textOf(object['subresource']),
    name: textOf(object['name']),
    code: Number(fieldsOf(event['responseStatus'])['code'] ?? 0),
    request: event['requestObject'] === undefined ? '' : JSON.stringify(event['requestObject']),
  };
}

/** A watch has been answered once it has begun; it ends when nobody listens any more. */
function endOf(verb: string): string {
  return verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete';
}

/** Every answered request of Faultline so far, oldest first. */
export async function requestsOfFaultline(auditLog: string): Promise<readonly AuditedRequest[]> {
  const lines = (await readFile(auditLog, 'utf8')).split('\n');
  return lines
    .map(requestOf)
    .filter((request) => request !== undefined)
    .filter(({ stage, user, verb }) => user === faultlineUser && stage === endOf(verb));
}

/** Those that were to change something, whatever the answer was. */
export function writes(requests: readonly AuditedRequest[]): readonly AuditedRequest[] {
  return requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
}

/** Those that changed something. */
export function effects(requests: readonly AuditedRequest[]): readonly AuditedRequest[] {
  return writes(requests).filter(({ code }) => code >= 200 && code < 300);
}

/** Node patches that put our taint on: isolations. */
export function isolations(requests: readonly AuditedRequest[], node: string): readonly AuditedRequest[] {
  return effects(requests).filter(
    ({ verb, resource, subresource, name, request }) =>
      verb === 'patch' &&
      resource === 'nodes' &&
      subresource === '' &&
      name === node &&
      request.includes('faultline.dev/maintenance') &&
      request.includes('"path":"/spec/unschedulable","value":true'),
  );
}

/** What Faultline asked for and was not refused, as the rules of RBAC word it: `patch nodes`, `create pods/eviction`. */
export function usedRights(requests: readonly AuditedRequest[]): ReadonlySet<string> {
  return new Set(
    requests
      .filter(({ code }) => code !== 403)
      .map(
        ({ verb, resource, subresource }) => `${verb} ${[resource, subresource].filter(Boolean).join('/')}`,
      ),
  );
}
