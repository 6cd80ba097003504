import type { ClusterState } from './cluster-state.js';
import { deleteObject } from './delete-verb.js';
import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { numberAt, objectAt, textAt } from './kubernetes-object.js';
import { isFinished, isReady, phaseOf } from './node-and-pod.js';
import { podDisruptionBudgets, pods } from './resources.js';
import { selectorMatches } from './selectors.js';
import { ApiRefusal, badRequest, success } from './status.js';
import { isDryRun } from './write-verbs.js';

/**
 * Evicts the pod if its disruption budget allows. Throws 429 with cause DisruptionBudget when it does not, 500 when two
 * budgets select the pod, 409 when a precondition fails, 400 for another name.
 */
export function evictPod(state: ClusterState, pod: StoredObject, eviction: JsonObject): JsonObject {
  const name = textAt(objectAt(eviction, 'metadata'), 'name') ?? pod.metadata.name;
  if (name !== pod.metadata.name) throw badRequest('name in URL does not match name in Eviction object');
  const options = objectAt(eviction, 'deleteOptions');
  const dryRun = isDryRun(Array.isArray(options['dryRun']) ? options['dryRun'] : []);
  if (!isBeyondBudgets(pod)) takeFromBudget(state, pod, dryRun);
  deleteObject(state, pods, pod, options);
  return success(undefined, 201);
}

/** Budgets protect what runs: not what waits, has ended, or is going already. */
function isBeyondBudgets(pod: StoredObject): boolean {
  return isFinished(pod) || phaseOf(pod) === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
}

function takeFromBudget(state: ClusterState, pod: StoredObject, dryRun: boolean): void {
  const [budget, second] = budgetsOf(state, pod);
  if (budget === undefined) return;
  if (second !== undefined) {
    const message =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiRefusal(500, undefined, message);
  }
  if (mayGoUnready(pod, budget)) return;
  refuseWhenSpent(budget);
  if (dryRun) return;
  const status = objectAt(budget, 'status');
  state.setStatus(podDisruptionBudgets, budget, {
    ...status,
    disruptionsAllowed: (numberAt(status, 'disruptionsAllowed') ?? 0) - 1,
    disruptedPods: { ...objectAt(status, 'disruptedPods'), [pod.metadata.name]: state.nowStamp() },
  });
}

/** The budgets of the pod's namespace that select it. */
export function budgetsOf(state: ClusterState, pod: StoredObject): readonly StoredObject[] {
  return [...state.store.all(podDisruptionBudgets)].filter(
    (budget) =>
      budget.metadata.namespace === pod.metadata.namespace &&
      selectorMatches(objectAt(budget.spec, 'selector'), pod.metadata.labels ?? {}),
  );
}

/** A pod that is not ready does not help its budget, so it may go when the budget is met without it. */
function mayGoUnready(pod: StoredObject, budget: StoredObject): boolean {
  if (isReady(pod)) return false;
  if (textAt(budget.spec, 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const desired = numberAt(budget.status, 'desiredHealthy') ?? 0;
  return desired > 0 && (numberAt(budget.status, 'currentHealthy') ?? 0) >= desired;
}

function refuseWhenSpent(budget: StoredObject): void {
  const { name, generation } = budget.metadata;
  const refused = "Cannot evict pod as it would violate the pod's disruption budget.";
  const status = objectAt(budget, 'status');
  if ((numberAt(status, 'observedGeneration') ?? 0) < (generation ?? 1)) {
    const message = `The disruption budget ${name} is still being processed by the server.`;
    const causes = [{ reason: 'DisruptionBudget', message }];
    throw new ApiRefusal(429, 'TooManyRequests', refused, { causes, retryAfterSeconds: 10 });
  }
  if ((numberAt(status, 'disruptionsAllowed') ?? 0) > 0) return;
  const desired = numberAt(status, 'desiredHealthy') ?? 0;
  const healthy = numberAt(status, 'currentHealthy') ?? 0;
  const message =
    healthy <= desired
      ? `The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`
      : `The disruption budget ${name} does not allow evicting pods currently`;
  throw new ApiRefusal(429, 'TooManyRequests', refused, {
    causes: [{ reason: 'DisruptionBudget', message }],
  });
}
