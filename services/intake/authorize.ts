import { createHash } from 'node:crypto';
import type { NodeKey } from '../../domain/identifiers.js';
import type { TokenGrant } from './options.js';
import { problem, RequestRefused } from './problem.js';

/** Whether the sender may report about a node. */
export type MayReport = (node: NodeKey) => boolean;

/**
 * Checks the header `authorization`. Throws RequestRefused (401) without a known token. Tokens are found by digest:
 * how long that takes says nothing about them.
 */
export function createAuthorizer(
  tokens: ReadonlyMap<string, TokenGrant> | undefined,
): (header: string | undefined) => MayReport {
  if (tokens === undefined) return () => () => true;
  const grants = new Map<string, MayReport>();
  for (const [token, { nodes }] of tokens) grants.set(digest(token), mayReport(nodes));
  return (header) => {
    const token = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    const granted = token === undefined ? undefined : grants.get(digest(token));
    if (granted !== undefined) return granted;
    const detail = token === undefined ? 'a bearer token is needed' : 'this token is not known';
    throw new RequestRefused(problem(401, 'unauthenticated', 'Unauthenticated', detail));
  };
}

function mayReport(nodes: TokenGrant['nodes']): MayReport {
  if (nodes === 'all') return () => true;
  const allowed = new Set(nodes);
  return (node) => allowed.has(node);
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
