/** The verbs of the Kubernetes API that Faultline uses: these and no more stand in deploy/rbac.yaml. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly controller?: boolean;
  }[];
  /** Of a cordoned node, those entries alone that name who set `spec.unschedulable`. */
  readonly managedFields?: readonly FieldManager[];
}

/** Who set fields of an object, as the API server keeps book of it: whoever changed the value last, and whoever applied it. */
export interface FieldManager {
  readonly manager: string;
  readonly fieldsV1: Readonly<Record<string, unknown>>;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly timeAdded?: string;
}

export interface NodeCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastHeartbeatTime?: string;
  readonly lastTransitionTime?: string;
}

export interface KubernetesNode {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly Taint[];
    readonly providerID?: string;
  };
  readonly status: {
    readonly conditions?: readonly NodeCondition[];
    readonly nodeInfo?: { readonly bootID: string; readonly systemUUID: string; readonly osImage: string };
  };
}

export interface KubernetesPod {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase?: string };
}

/** One pod as it was read. */
export interface PodVersion {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface KubernetesLease {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly renewTime?: string;
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
  };
}

export type JsonPatch = readonly (
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
)[];

/** One answer of the API server, told apart by what to do next. */
export type KubernetesAnswer<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'notFound' }
  /** 409: another version or UID, or it exists already: read again. */
  | { readonly kind: 'conflict'; readonly message: string }
  /** 422, 400: a `test` of the patch failed or the object is invalid: read again, then give up. */
  | { readonly kind: 'unprocessable'; readonly message: string }
  /** 429 with cause DisruptionBudget. */
  | { readonly kind: 'disruptionBudget'; readonly message: string; readonly retryAfterMs: number }
  /** 429 otherwise, 503. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  /** 401, 403: a person must mend rights. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** 500 with certainty that it is a misconfiguration (e.g. two budgets for one pod). */
  | { readonly kind: 'misconfigured'; readonly message: string }
  /** Connection refused: surely nothing happened. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** Timeout, broken connection, 5xx: it may have happened. */
  | { readonly kind: 'uncertain'; readonly message: string };

export type NodeEvent =
  | { readonly kind: 'listed'; readonly nodes: readonly KubernetesNode[] }
  | { readonly kind: 'changed'; readonly node: KubernetesNode }
  | { readonly kind: 'deleted'; readonly node: KubernetesNode }
  /** Until now nothing else has happened. The server says so about each minute, if it says so at all. */
  | { readonly kind: 'bookmark' };

export interface NewEvent {
  readonly node: KubernetesNode;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly at: number;
}

export interface KubernetesCluster {
  readonly cluster: string;
  version(): Promise<KubernetesAnswer<string>>;
  /** SelfSubjectAccessReview: may this identity use the verb? */
  mayI(
    verb: string,
    group: string,
    resource: string,
    subresource?: string,
  ): Promise<KubernetesAnswer<boolean>>;
  getNode(name: string): Promise<KubernetesAnswer<KubernetesNode>>;
  /** All nodes that carry this label, whatever its value is. */
  listNodesLabelled(label: string): Promise<KubernetesAnswer<readonly KubernetesNode[]>>;
  /**
   * The node as the watch of this process saw it last; undefined without a watch. It may be out of date, so only a
   * patch that tests its resource version may be made of it: the server then says whether it still is as it was seen.
   */
  nodeSeen(name: string): KubernetesNode | undefined;
  patchNode(name: string, patch: JsonPatch): Promise<KubernetesAnswer<KubernetesNode>>;
  /** All pods bound to the node, by field selector spec.nodeName. */
  listPodsOnNode(name: string): Promise<KubernetesAnswer<readonly KubernetesPod[]>>;
  patchPod(namespace: string, name: string, patch: JsonPatch): Promise<KubernetesAnswer<KubernetesPod>>;
  /** Eviction API. A pod that was replaced or changed since it was read is a conflict, and stays; so it is with `deletePod`. */
  evictPod(pod: PodVersion): Promise<KubernetesAnswer<true>>;
  deletePod(pod: PodVersion, gracePeriodSeconds: number): Promise<KubernetesAnswer<true>>;
  getPod(namespace: string, name: string): Promise<KubernetesAnswer<KubernetesPod>>;
  listNodeLeases(): Promise<KubernetesAnswer<readonly KubernetesLease[]>>;
  createEvent(event: NewEvent): Promise<KubernetesAnswer<true>>;
  /**
   * Lists, then watches, for ever: yields `listed` first and again whenever the watch had to start over, else each
   * change, and each bookmark. Ends when `signal` aborts. Backs off by itself; `onTrouble` hears of it, and `onAnswer` whenever the server gave a
   * list or lets a watch stand.
   */
  watchNodes(
    signal: AbortSignal,
    onTrouble: (message: string) => void,
    onAnswer?: () => void,
  ): AsyncIterable<NodeEvent>;
}
