import { budgetsOf } from '../eviction.js';
import type { ClusterState } from '../cluster-state.js';
import type { Condition, JsonObject, StoredObject } from '../kubernetes-object.js';
import { keyOf, numberAt, objectAt } from '../kubernetes-object.js';
import { conditionsOf, controllerUidOf, isFinished, isReady } from '../node-and-pod.js';
import { podDisruptionBudgets, pods, replicaSets } from '../resources.js';
import { selectorMatches } from '../selectors.js';
import type { Change } from '../store.js';
import type { Controller } from './controllers.js';
import type { WorkQueue } from './work-queue.js';

/** Keeps the status of PodDisruptionBudgets. Which pods a budget selects is kept up with, not searched each time. */
export class Disruption implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #podsByBudget = new Map<string, Map<string, StoredObject>>();

  constructor(state: ClusterState, queue: WorkQueue) {
    this.#state = state;
    this.#queue = queue;
  }

  notice({ resource, type, object, before }: Change): void {
    if (resource === podDisruptionBudgets) this.#noticeBudget(type, object, before);
    if (resource !== pods) return;
    const selecting = type === 'DELETED' ? [] : budgetsOf(this.#state, object);
    const left = before === undefined ? [] : budgetsOf(this.#state, before);
    for (const budget of left) {
      this.#podsByBudget.get(keyOf(budget))?.delete(keyOf(object));
      this.#lookAt(budget);
    }
    for (const budget of selecting) {
      this.#podsByBudget.get(keyOf(budget))?.set(keyOf(object), object);
      this.#lookAt(budget);
    }
  }

  stop(): void {
    this.#podsByBudget.clear();
  }

  #noticeBudget(type: Change['type'], budget: StoredObject, before: StoredObject | undefined): void {
    if (type === 'DELETED') {
      this.#podsByBudget.delete(keyOf(budget));
      return;
    }
    if (before === undefined || before.spec !== budget.spec)
      this.#podsByBudget.set(keyOf(budget), this.#select(budget));
    this.#lookAt(budget);
  }

  #select(budget: StoredObject): Map<string, StoredObject> {
    const selector = objectAt(budget.spec, 'selector');
    const selected = new Map<string, StoredObject>();
    for (const pod of this.#state.store.all(pods)) {
      const inScope = pod.metadata.namespace === budget.metadata.namespace;
      if (inScope && selectorMatches(selector, pod.metadata.labels ?? {})) selected.set(keyOf(pod), pod);
    }
    return selected;
  }

  #lookAt(budget: StoredObject): void {
    const { namespace, name } = budget.metadata;
    this.#queue.add(`budget/${keyOf(budget)}`, () => {
      const present = this.#state.store.get(podDisruptionBudgets, namespace, name);
      if (present !== undefined) this.#reconcile(present);
    });
  }

  #reconcile(budget: StoredObject): void {
    const selected = [...(this.#podsByBudget.get(keyOf(budget))?.values() ?? [])].filter(
      (pod) => !isFinished(pod),
    );
    const expected = this.#expectedPods(budget, selected);
    const disrupted = stillThere(objectAt(objectAt(budget, 'status'), 'disruptedPods'), selected);
    const healthy = selected.filter(
      (pod) => isHealthy(pod) && disrupted[pod.metadata.name] === undefined,
    ).length;
    const desired = expected === undefined ? 0 : desiredHealthy(budget, expected);
    const allowed = expected === undefined ? 0 : Math.max(0, healthy - desired);
    const disruptionsAllowed = expected === 0 ? 0 : allowed;
    this.#state.setStatus(podDisruptionBudgets, budget, {
      observedGeneration: budget.metadata.generation,
      ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
      disruptionsAllowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected ?? 0,
      conditions: [this.#condition(budget, expected !== undefined, disruptionsAllowed)],
    });
  }

  /**
   * Of a share or a maxUnavailable one must know how many pods there should be. Bare pods don't say and count as none;
   * undefined when an owner can't be asked.
   */
  #expectedPods(budget: StoredObject, selected: readonly StoredObject[]): number | undefined {
    const spec = objectAt(budget, 'spec');
    if (typeof spec['minAvailable'] === 'number') return selected.length;
    const owners = new Set(selected.map(controllerUidOf));
    owners.delete(undefined);
    let expected = 0;
    for (const set of this.#state.store.all(replicaSets)) {
      if (owners.delete(set.metadata.uid)) expected += numberAt(set.spec, 'replicas') ?? 1;
    }
    return owners.size === 0 ? expected : undefined;
  }

  #condition(budget: StoredObject, counted: boolean, allowed: number): Condition {
    const status = counted && allowed > 0 ? 'True' : 'False';
    const enough = allowed > 0 ? 'SufficientPods' : 'InsufficientPods';
    const reason = counted ? enough : 'SyncFailed';
    const present = conditionsOf(budget).find((condition) => condition.type === 'DisruptionAllowed');
    const same = present?.status === status && present.reason === reason;
    const lastTransitionTime = same ? (present.lastTransitionTime ?? null) : this.#state.nowStamp();
    const observedGeneration = budget.metadata.generation;
    return { type: 'DisruptionAllowed', status, reason, message: '', lastTransitionTime, observedGeneration };
  }
}

function isHealthy(pod: StoredObject): boolean {
  return isReady(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Evicted pods count as gone until their deletion is seen. */
function stillThere(disrupted: JsonObject, selected: readonly StoredObject[]): JsonObject {
  const waiting = selected.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return Object.fromEntries(
    Object.entries(disrupted).filter(([name]) => waiting.some((pod) => pod.metadata.name === name)),
  );
}

function desiredHealthy(budget: StoredObject, expected: number): number {
  const { minAvailable, maxUnavailable } = objectAt(budget, 'spec');
  if (minAvailable !== undefined) return shareOf(minAvailable, expected);
  return Math.max(0, expected - shareOf(maxUnavailable, expected));
}

/** Percentages round up, for both fields. */
function shareOf(value: unknown, expected: number): number {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? Number.parseInt(value, 10) : 0;
  return Math.ceil((percent * expected) / 100);
}
