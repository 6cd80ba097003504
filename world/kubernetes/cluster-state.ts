import { randomUUID } from 'node:crypto';
import type { WorldClock } from '../clock.js';
import type { StoredObject } from './kubernetes-object.js';
import { sameJson, timestamp } from './kubernetes-object.js';
import { isFinished, nodeNameOf } from './node-and-pod.js';
import { pods, type Resource } from './resources.js';
import { Store } from './store.js';

export interface DeletionOptions {
  readonly gracePeriodSeconds?: number;
}

/** Gives an object another face when it is read; the stored one stays. */
export type Presentation = (resource: Resource, object: StoredObject) => StoredObject;

/**
 * The store together with the rules of change that clients and controllers share: no-op writes leave no trace, deletion
 * is graceful and waits for finalizers.
 */
export class ClusterState {
  readonly store: Store;
  readonly clock: WorldClock;
  readonly #presentations: Presentation[] = [];

  constructor(clock: WorldClock, historyLength: number) {
    this.clock = clock;
    this.store = new Store(historyLength);
  }

  newUid(): string {
    return randomUUID();
  }

  nowStamp(): string {
    return timestamp(this.clock.now());
  }

  present(resource: Resource, object: StoredObject): StoredObject {
    let presented = object;
    for (const presentation of this.#presentations) presented = presentation(resource, presented);
    return presented;
  }

  addPresentation(presentation: Presentation): void {
    this.#presentations.push(presentation);
  }

  /**
   * Replaces the object. When nothing differs the present one is returned, under its old version. When the last thing
   * that held back a deletion is gone from it, the object is removed.
   */
  replace(resource: Resource, before: StoredObject, after: StoredObject): StoredObject {
    const sameVersion = {
      ...after,
      metadata: { ...after.metadata, resourceVersion: before.metadata.resourceVersion },
    };
    if (sameJson(before, sameVersion)) return before;
    if (isDoomed(after)) {
      this.store.remove(resource, after);
      return sameVersion;
    }
    return this.store.put(resource, this.#counted(resource, before, after));
  }

  /**
   * Starts the object's deletion, or finishes it when nothing holds it back. Returns its last state and whether it is
   * gone. Asking again with a shorter grace period shortens it; otherwise asking again changes nothing.
   */
  delete(
    resource: Resource,
    object: StoredObject,
    options: DeletionOptions,
  ): { object: StoredObject; gone: boolean } {
    const grace = resource === pods ? podGrace(object, options) : 0;
    const { metadata } = object;
    if (metadata.deletionTimestamp !== undefined && grace >= (metadata.deletionGracePeriodSeconds ?? 0)) {
      if (grace > 0 || metadata.finalizers !== undefined) return { object, gone: false };
    }
    const dying: StoredObject = {
      ...object,
      metadata: {
        ...metadata,
        ...(resource.counted && metadata.deletionTimestamp === undefined
          ? { generation: (metadata.generation ?? 1) + 1 }
          : {}),
        deletionTimestamp: timestamp(this.clock.now() + grace * 1000),
        deletionGracePeriodSeconds: grace,
      },
    };
    if (grace === 0 && metadata.finalizers === undefined) {
      return { object: this.store.remove(resource, dying), gone: true };
    }
    return { object: this.store.put(resource, dying), gone: false };
  }

  /** Replaces the object's status; for controllers and kubelets. */
  setStatus(resource: Resource, object: StoredObject, status: StoredObject['status']): StoredObject {
    return status === undefined ? object : this.replace(resource, object, { ...object, status });
  }

  #counted(resource: Resource, before: StoredObject, after: StoredObject): StoredObject {
    if (!resource.counted || sameJson(before.spec, after.spec)) return after;
    return { ...after, metadata: { ...after.metadata, generation: (before.metadata.generation ?? 1) + 1 } };
  }
}

function isDoomed(object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  return (
    deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) === 0 && finalizers === undefined
  );
}

/** Nobody would end a pod that no kubelet has, or that has ended: it goes at once. */
function podGrace(pod: StoredObject, options: DeletionOptions): number {
  if (nodeNameOf(pod) === undefined || isFinished(pod)) return 0;
  const own = pod.spec?.['terminationGracePeriodSeconds'];
  return Math.max(0, options.gracePeriodSeconds ?? (typeof own === 'number' ? own : 30));
}
