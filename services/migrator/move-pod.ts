import type { PodReference } from '../../domain/command.js';
import { namesOf, type ProcessId } from '../../domain/identifiers.js';
import type { MigrationStatus } from '../../domain/signal.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type {
  KubernetesAnswer,
  KubernetesCluster,
  KubernetesNode,
  KubernetesPod,
} from '../../adapters/ports/kubernetes.js';
import {
  annotation,
  migrationLabel,
  pointerPart,
  processAnnotation,
} from '../../adapters/ports/node-marks.js';
import { backOffMs } from '../back-off.js';
import type { MigrationRequest } from './migration-request.js';

/** How the move of one pod ended. Undefined: this copy is stopping, nothing can be said. */
export type MoveEnding = { readonly status: MigrationStatus; readonly reason?: string } | undefined;

/** The verbs that moving needs. */
export type MovingCluster = Pick<KubernetesCluster, 'getNode' | 'getPod' | 'evictPod'>;

export interface MoveContext {
  readonly cluster: MovingCluster;
  readonly request: MigrationRequest;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly stopping: AbortSignal;
  /** Between two looks at a pod that has been told to go, ms. */
  readonly pollMs: number;
  /** First and longest wait between two tries, ms; full jitter between. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
}

type Step =
  { readonly kind: 'ended'; readonly ending: MoveEnding } | { readonly kind: 'wait'; readonly ms: number };

/**
 * Evicts one pod, by its UID, until that UID is absent, the request is withdrawn, or its deadline has passed. An
 * accepted eviction is no end: only absence is. Safe to begin anew at any point.
 */
export async function movePod(context: MoveContext, pod: PodReference): Promise<MoveEnding> {
  const { clock, request, stopping } = context;
  const deadline = request.announcedAt + request.deadlineMs;
  for (let tries = 0; !stopping.aborted; tries += 1) {
    const step = await nextStep(context, pod, tries);
    if (step.kind === 'ended') return step.ending;
    if (clock.now() >= deadline) return { status: 'refused', reason: 'DeadlineReached' };
    await clock.waitUntil(Math.min(clock.now() + step.ms, deadline), stopping);
  }
  return undefined;
}

async function nextStep(context: MoveContext, pod: PodReference, tries: number): Promise<Step> {
  const { cluster, request, clock } = context;
  const present = await cluster.getPod(pod.namespace, pod.name);
  if (present.kind === 'notFound') return ended({ status: 'moved' });
  if (present.kind !== 'ok') return troubled(context, present, tries);
  const { metadata } = present.value;
  if (metadata.uid !== pod.uid) return ended({ status: 'moved' });
  if (metadata.deletionTimestamp !== undefined) return { kind: 'wait', ms: pause(context, tries) };
  if (!isStillAsked(present.value, request)) return ended({ status: 'refused', reason: 'Withdrawn' });
  const node = await cluster.getNode(namesOf(request.node).node);
  if (node.kind === 'notFound') return ended(nodeGone);
  if (node.kind !== 'ok') return troubled(context, node, tries);
  if (!isNodeMeant(node.value, request)) return ended(nodeGone);
  if (clock.now() >= request.announcedAt + request.deadlineMs) {
    return ended({ status: 'refused', reason: 'DeadlineReached' });
  }
  // The process may take its marks away at any moment, also while this is on its way: the server has to compare.
  const answer = await cluster.evictPod({ ...pod, resourceVersion: metadata.resourceVersion });
  return answer.kind === 'ok' ? { kind: 'wait', ms: 0 } : troubled(context, answer, tries);
}

/** The process takes its marks away when it gives the node back: from then on nothing of it may be evicted. */
function isStillAsked(pod: KubernetesPod, request: MigrationRequest): boolean {
  return (
    pod.metadata.labels?.[migrationLabel] !== undefined &&
    annotation(pod, processAnnotation) === request.processId
  );
}

const nodeGone = { status: 'refused', reason: 'NodeGone' } as const;

/**
 * Pods outlive a Node that comes back under its name before anybody has missed it, marks and all; but the process that
 * asked them to leave is over, and the new one is nobody's to empty.
 */
function isNodeMeant({ metadata }: KubernetesNode, { nodeUid }: MigrationRequest): boolean {
  return nodeUid === undefined || nodeUid === metadata.uid;
}

function troubled(
  context: MoveContext,
  answer: Exclude<KubernetesAnswer<unknown>, { readonly kind: 'ok' }>,
  tries: number,
): Step {
  switch (answer.kind) {
    case 'notFound':
      return { kind: 'wait', ms: 0 };
    case 'conflict':
      return { kind: 'wait', ms: pause(context, tries) };
    case 'disruptionBudget':
    case 'throttled':
      return { kind: 'wait', ms: Math.max(answer.retryAfterMs, backOff(context, tries)) };
    case 'unreachable':
    case 'uncertain':
      return { kind: 'wait', ms: backOff(context, tries) };
    case 'forbidden':
    case 'misconfigured':
    case 'unprocessable':
      return ended({ status: 'refused', reason: `${answer.kind}: ${answer.message}` });
  }
}

function ended(ending: MoveEnding): Step {
  return { kind: 'ended', ending };
}

/** Looks less and less often at what takes long to go. */
function pause({ pollMs, longestRetryMs }: MoveContext, tries: number): number {
  return Math.min(longestRetryMs, pollMs * (1 + tries / 4));
}

function backOff({ firstRetryMs, longestRetryMs, randomness }: MoveContext, tries: number): number {
  return backOffMs(tries + 1, randomness, { firstMs: firstRetryMs, longestMs: longestRetryMs });
}

/**
 * Shows on the pod itself how this process's request stands; another one's marks stay. Best effort: the reply is what
 * counts.
 */
export async function labelPod(
  cluster: KubernetesCluster,
  pod: PodReference,
  { processId, status }: { readonly processId: ProcessId; readonly status: MigrationStatus },
): Promise<void> {
  await cluster.patchPod(pod.namespace, pod.name, [
    { op: 'test', path: '/metadata/uid', value: pod.uid },
    { op: 'test', path: `/metadata/annotations/${pointerPart(processAnnotation)}`, value: processId },
    { op: 'replace', path: `/metadata/labels/${pointerPart(migrationLabel)}`, value: status },
  ]);
}
