import type { FastifyReply } from 'fastify';
import { LogUnavailable } from '../../adapters/ports/event-log.js';
import { SchemaRegistryUnavailable } from '../../adapters/ports/schema-ids.js';
import { IntakeOverloaded } from './append-queue.js';
import { BodyUnreadable, TooManyReports } from './read-body.js';
import type { Rejection } from './rejection.js';

/** An answer that is not 202, in the manner of RFC 9457. */
export interface Problem {
  readonly status: number;
  /** `urn:faultline:problem:<kind>` */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly rejected?: readonly Rejection[];
}

/** A request that is refused as a whole, with its status. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export function problem(status: number, kind: string, title: string, detail: string): Problem {
  return { status, type: `urn:faultline:problem:${kind}`, title, detail };
}

/** The last part of its type, which says in a word what is wrong. */
export function kindOf({ type }: Problem): string {
  return type.slice(type.lastIndexOf(':') + 1);
}

const retryAfterSeconds = 1;

export async function sendProblem(reply: FastifyReply, found: Problem): Promise<void> {
  if (found.status === 503) void reply.header('retry-after', String(retryAfterSeconds));
  if (found.status === 401) void reply.header('www-authenticate', 'Bearer realm="faultline"');
  await reply.code(found.status).type('application/problem+json').send(JSON.stringify(found));
}

/** What went wrong, for whoever sent the request. Nothing of the request was acknowledged. */
export function problemOf(error: unknown, limits: { readonly bodyLimitBytes: number }): Problem {
  if (error instanceof RequestRefused) return error.problem;
  if (error instanceof BodyUnreadable) return problem(400, 'unreadable', 'Unreadable', error.message);
  if (error instanceof TooManyReports)
    return problem(413, 'too-many-reports', 'Too many reports', error.message);
  if (error instanceof IntakeOverloaded)
    return problem(503, 'overloaded', 'Overloaded', `${error.message}: try again`);
  if (error instanceof LogUnavailable || error instanceof SchemaRegistryUnavailable) {
    const detail = 'nothing of this request is acknowledged, since it can not be stored now: send it again';
    return problem(503, 'unavailable', 'Unavailable', detail);
  }
  return fastifyProblem(error, limits.bodyLimitBytes);
}

function fastifyProblem(error: unknown, bodyLimitBytes: number): Problem {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return problem(
      413,
      'body-too-large',
      'Body too large',
      `at most ${bodyLimitBytes} bytes are taken: split the request`,
    );
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const detail = 'content-type must be application/json or application/x-ndjson';
    return problem(415, 'media-type', 'Unsupported media type', detail);
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return problem(
      status,
      'bad-request',
      'Bad request',
      error instanceof Error ? error.message : 'bad request',
    );
  }
  return problem(500, 'internal', 'Internal error', 'nothing of this request is acknowledged: send it again');
}
