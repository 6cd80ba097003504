import type { StoredObject } from './kubernetes-object.js';
import { keyOf, objectKey } from './kubernetes-object.js';
import { controllerUidOf, nodeNameOf } from './node-and-pod.js';
import { History } from './history.js';
import { pods, type Resource } from './resources.js';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly revision: number;
  /** As it is now; for DELETED its last state, under the revision of the deletion. */
  readonly object: StoredObject;
  readonly before: StoredObject | undefined;
}

type Listener = (change: Change) => void;

/** All objects, in memory, with one revision for all of them (as etcd has it) and a window of past changes. */
export class Store {
  readonly history: History;
  readonly #objects = new Map<Resource, Map<string, StoredObject>>();
  readonly #podsByNode = new Map<string, Map<string, StoredObject>>();
  readonly #podsByController = new Map<string, Map<string, StoredObject>>();
  readonly #listeners = new Set<Listener>();
  #revision = 1;

  constructor(historyLength: number) {
    this.history = new History(historyLength);
  }

  get revision(): number {
    return this.#revision;
  }

  get(resource: Resource, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#objects.get(resource)?.get(objectKey(namespace, name));
  }

  /** In no particular order. */
  all(resource: Resource): Iterable<StoredObject> {
    return this.#objects.get(resource)?.values() ?? [];
  }

  podsOnNode(nodeName: string): readonly StoredObject[] {
    return [...(this.#podsByNode.get(nodeName)?.values() ?? [])];
  }

  podCountOnNode(nodeName: string): number {
    return this.#podsByNode.get(nodeName)?.size ?? 0;
  }

  podsOfController(uid: string): readonly StoredObject[] {
    return [...(this.#podsByController.get(uid)?.values() ?? [])];
  }

  /** Writes the object under the next revision (whatever resourceVersion it carries) and tells the listeners. */
  put(resource: Resource, object: StoredObject): StoredObject {
    const before = this.get(resource, object.metadata.namespace, object.metadata.name);
    const stored = this.#underNextRevision(object);
    this.#objectsOf(resource).set(keyOf(stored), stored);
    if (resource === pods) this.#index(before, stored);
    this.#announce(before === undefined ? 'ADDED' : 'MODIFIED', resource, stored, before);
    return stored;
  }

  /** Removes the object; `last` is the state that watchers see with the deletion. */
  remove(resource: Resource, last: StoredObject): StoredObject {
    const before = this.get(resource, last.metadata.namespace, last.metadata.name);
    const gone = this.#underNextRevision(last);
    this.#objectsOf(resource).delete(keyOf(last));
    if (resource === pods) this.#index(before, undefined);
    this.#announce('DELETED', resource, gone, before);
    return gone;
  }

  /** Listeners are called within the write, in the order of their subscription. Returns how to end it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #underNextRevision(object: StoredObject): StoredObject {
    this.#revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
  }

  #announce(
    type: Change['type'],
    resource: Resource,
    object: StoredObject,
    before: StoredObject | undefined,
  ): void {
    const change: Change = { type, resource, revision: this.#revision, object, before };
    this.history.add(change);
    for (const listener of this.#listeners) listener(change);
  }

  #objectsOf(resource: Resource): Map<string, StoredObject> {
    let objects = this.#objects.get(resource);
    if (objects === undefined) {
      objects = new Map();
      this.#objects.set(resource, objects);
    }
    return objects;
  }

  #index(before: StoredObject | undefined, after: StoredObject | undefined): void {
    reindex(this.#podsByNode, before, after, nodeNameOf);
    reindex(this.#podsByController, before, after, controllerUidOf);
  }
}

function reindex(
  index: Map<string, Map<string, StoredObject>>,
  before: StoredObject | undefined,
  after: StoredObject | undefined,
  indexedBy: (object: StoredObject) => string | undefined,
): void {
  const old = before === undefined ? undefined : indexedBy(before);
  if (before !== undefined && old !== undefined) {
    const group = index.get(old);
    group?.delete(keyOf(before));
    if (group?.size === 0) index.delete(old);
  }
  const present = after === undefined ? undefined : indexedBy(after);
  if (after === undefined || present === undefined) return;
  const group = index.get(present) ?? new Map<string, StoredObject>();
  index.set(present, group.set(keyOf(after), after));
}
