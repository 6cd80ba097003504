import { isNodeName, type NodeName } from '../../domain/identifiers.js';
import type { Clock } from '../ports/clock.js';
import type { JsonPatch, KubernetesAnswer, KubernetesLease } from '../ports/kubernetes.js';
import type { HeldLease, NodeLeases, RefusedLease, TakenLease } from '../ports/node-lease.js';
import { decodeLease } from './decode.js';
import { listAll } from './list-all.js';
import type { Transport } from './transport.js';

/** As the operators of medik8s have it: a lease for each node in this namespace, named so. */
const namespace = 'medik8s-leases';
const prefix = 'node-';
const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** Long enough to outlive a restart of all copies, short enough not to be in the way for ever. */
const durationSeconds = 600;

interface LeaseOptions {
  readonly transport: Transport;
  readonly clock: Pick<Clock, 'now'>;
  /** All copies of an installation are one. */
  readonly holder: string;
}

/** Leases are judged by the clock of this machine, and theirs by the clocks of those who wrote them. */
export function createNodeLeases(options: LeaseOptions): NodeLeases {
  const { transport, clock, holder } = options;
  const get = (node: NodeName): Promise<KubernetesAnswer<KubernetesLease>> =>
    transport.call({ verb: 'get', method: 'GET', path: pathOf(node) }, decodeLease);
  const take = async (node: NodeName): Promise<RefusedLease | TakenLease | 'changed'> => {
    const read = await get(node);
    const now = clock.now();
    if (read.kind === 'notFound') return takenBy(await create(options, node), 'taken');
    if (read.kind !== 'ok') return unknown(read);
    const lease = read.value;
    const other = foreignHolder(lease, holder, now);
    if (other !== undefined) return other;
    const isOurs = lease.spec.holderIdentity === holder && validUntil(lease) > now;
    return takenBy(await prolong(options, node, { lease, isOurs }), isOurs ? 'kept' : 'taken');
  };
  return {
    async look(node) {
      const read = await get(node);
      if (read.kind === 'notFound') return { kind: 'free' };
      if (read.kind !== 'ok') return unknown(read);
      return foreignHolder(read.value, holder, clock.now()) ?? { kind: 'free' };
    },
    async take(node) {
      const first = await take(node);
      const answer = first === 'changed' ? await take(node) : first;
      return answer === 'changed'
        ? { kind: 'unknown', reason: `it changed twice, or there is no namespace ${namespace}` }
        : answer;
    },
    async release(node, version) {
      const preconditions = { resourceVersion: version };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      const call = { verb: 'delete', method: 'DELETE', path: pathOf(node), body } as const;
      const answer = await transport.call(call, () => true);
      return answer.kind === 'ok' || answer.kind === 'notFound';
    },
    async held() {
      const answer = await listAll(transport, path, {}, decodeLease);
      return answer.kind === 'ok' ? answer.value.items.flatMap((lease) => heldOf(lease, holder)) : undefined;
    },
  };
}

function pathOf(node: NodeName): string {
  return `${path}/${prefix}${encodeURIComponent(node)}`;
}

function create(
  { transport, clock, holder }: LeaseOptions,
  node: NodeName,
): Promise<KubernetesAnswer<KubernetesLease>> {
  const time = microTime(clock.now());
  const spec = { ...specOf(holder, time), acquireTime: time, leaseTransitions: 0 };
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: prefix + node, namespace },
    spec,
  };
  return transport.call({ verb: 'create', method: 'POST', path, body }, decodeLease);
}

/** The patch holds only for the lease as it was read. */
function prolong(
  { transport, clock, holder }: LeaseOptions,
  node: NodeName,
  { lease, isOurs }: { readonly lease: KubernetesLease; readonly isOurs: boolean },
): Promise<KubernetesAnswer<KubernetesLease>> {
  const time = microTime(clock.now());
  const acquired = isOurs
    ? {}
    : { acquireTime: time, leaseTransitions: (lease.spec.leaseTransitions ?? 0) + 1 };
  const steps = Object.entries({ ...specOf(holder, time), ...acquired }).map(
    ([member, value]) => ({ op: 'add', path: `/spec/${member}`, value }) as const,
  );
  const body: JsonPatch = [
    { op: 'test', path: '/metadata/resourceVersion', value: lease.metadata.resourceVersion },
    ...steps,
  ];
  const contentType = 'application/json-patch+json';
  return transport.call(
    { verb: 'patch', method: 'PATCH', path: pathOf(node), body, contentType },
    decodeLease,
  );
}

function specOf(holderIdentity: string, renewTime: string): object {
  return { holderIdentity, renewTime, leaseDurationSeconds: durationSeconds };
}

function takenBy(
  answer: KubernetesAnswer<KubernetesLease>,
  kind: TakenLease['kind'],
): RefusedLease | TakenLease | 'changed' {
  if (answer.kind === 'ok') return { kind, version: answer.value.metadata.resourceVersion };
  // Not found: it was given up meanwhile, or there is no such namespace, which the second try tells.
  const isChanged = ['conflict', 'unprocessable', 'notFound'].includes(answer.kind);
  return isChanged ? 'changed' : unknown(answer);
}

function unknown(answer: Exclude<KubernetesAnswer<unknown>, { readonly kind: 'ok' }>): RefusedLease {
  const message = 'message' in answer ? `: ${answer.message}` : '';
  return { kind: 'unknown', reason: `${answer.kind}${message}` };
}

/** What says nothing of when it was renewed, or for how long, holds for nobody; so do those who write them have it. */
function validUntil({ spec: { renewTime, leaseDurationSeconds } }: KubernetesLease): number {
  return renewTime === undefined || leaseDurationSeconds === undefined
    ? -Infinity
    : Date.parse(renewTime) + leaseDurationSeconds * 1_000;
}

function foreignHolder(lease: KubernetesLease, own: string, now: number): RefusedLease | undefined {
  const { holderIdentity: holder } = lease.spec;
  const until = validUntil(lease);
  return holder === undefined || holder === own || until <= now
    ? undefined
    : { kind: 'foreign', holder, until };
}

function heldOf(
  { metadata: { name, resourceVersion }, spec }: KubernetesLease,
  holder: string,
): readonly HeldLease[] {
  const node = name.slice(prefix.length);
  if (!name.startsWith(prefix) || !isNodeName(node) || spec.holderIdentity !== holder) return [];
  return [
    { node, version: resourceVersion, renewedAt: Date.parse(spec.renewTime ?? '1970-01-01T00:00:00Z') },
  ];
}

/** RFC 3339 in microseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
