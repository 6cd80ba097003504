import { readFile } from 'node:fs/promises';

import type { LoggedRequest } from '../../../world/kubernetes/request-log.js';

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  readonly requestReceivedTimestamp: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
  };
  readonly requestObject?: unknown;
  readonly responseStatus?: { readonly code?: number };
}

const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** The writes in a real API server's audit log, in the form of the simulated one's. `fromWall` places them in the record's time. */
export async function readAuditLog(
  path: string,
  fromWall: (wallMs: number) => number,
): Promise<readonly LoggedRequest[]> {
  return (await readFile(path, 'utf8'))
    .split('\n')
    .map(eventOf)
    .filter((event) => event !== undefined)
    .filter(({ stage, verb }) => stage === 'ResponseComplete' && writes.has(verb))
    .map((event) => requestOf(event, fromWall));
}

function eventOf(line: string): AuditEvent | undefined {
  try {
    // Written by the API server, one event a line; the last line may be half written.
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}

function requestOf(event: AuditEvent, fromWall: (wallMs: number) => number): LoggedRequest {
  const { verb, requestURI, userAgent, user, objectRef, requestObject, responseStatus } = event;
  const wallTime = Date.parse(event.requestReceivedTimestamp);
  const [path = '', query = ''] = requestURI.split('?');
  return {
    verb,
    method: verb.toUpperCase(),
    path,
    query,
    resource: objectRef?.resource ?? '',
    subresource: objectRef?.subresource,
    namespace: objectRef?.namespace,
    name: objectRef?.name,
    userAgent: userAgent ?? '',
    user: user.username,
    contentType: '',
    body: requestObject === undefined ? '' : JSON.stringify(requestObject),
    code: responseStatus?.code ?? 0,
    uid: objectRef?.uid,
    worldTime: fromWall(wallTime),
    wallTime,
  };
}
