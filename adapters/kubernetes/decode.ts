import type {
  FieldManager,
  KubernetesLease,
  KubernetesNode,
  KubernetesPod,
  NodeCondition,
  ObjectMeta,
  Taint,
} from '../ports/kubernetes.js';

type Fields = Readonly<Record<string, unknown>>;

/** An answer that is not what the API promises: a proxy's page, another API. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** Only the fields that are used are kept: nodes list hundreds of images, pods their whole specification. */
export function decodeNode(body: unknown): KubernetesNode {
  const node = fields(body);
  const spec = fields(node['spec']);
  const status = fields(node['status']);
  const info = fields(status['nodeInfo']);
  const providerID = nonEmpty(spec['providerID']);
  const managedFields =
    spec['unschedulable'] === true ? decodeManagers(node['metadata'], 'f:unschedulable') : [];
  return {
    metadata: {
      ...decodeMeta(node['metadata']),
      ...(managedFields.length === 0 ? {} : { managedFields }),
    },
    spec: {
      ...(spec['unschedulable'] === true ? { unschedulable: true } : {}),
      ...(Array.isArray(spec['taints']) ? { taints: spec['taints'].map(decodeTaint) } : {}),
      ...(providerID === undefined ? {} : { providerID }),
    },
    status: {
      ...(Array.isArray(status['conditions'])
        ? { conditions: status['conditions'].map(decodeCondition) }
        : {}),
      ...(status['nodeInfo'] === undefined
        ? {}
        : {
            nodeInfo: {
              bootID: string(info['bootID']),
              systemUUID: string(info['systemUUID']),
              osImage: string(info['osImage']),
            },
          }),
    },
  };
}

export function decodePod(body: unknown): KubernetesPod {
  const pod = fields(body);
  const nodeName = nonEmpty(fields(pod['spec'])['nodeName']);
  const phase = nonEmpty(fields(pod['status'])['phase']);
  return {
    metadata: decodeMeta(pod['metadata']),
    spec: nodeName === undefined ? {} : { nodeName },
    status: phase === undefined ? {} : { phase },
  };
}

export function decodeLease(body: unknown): KubernetesLease {
  const lease = fields(body);
  const spec = fields(lease['spec']);
  const renewTime = nonEmpty(spec['renewTime']);
  const holderIdentity = nonEmpty(spec['holderIdentity']);
  return {
    metadata: decodeMeta(lease['metadata']),
    spec: {
      ...(renewTime === undefined ? {} : { renewTime }),
      ...(holderIdentity === undefined ? {} : { holderIdentity }),
      ...numbersOf(spec, ['leaseDurationSeconds', 'leaseTransitions']),
    },
  };
}

export interface DecodedList<Item> {
  readonly items: readonly Item[];
  readonly resourceVersion: string;
  /** Token of the next part; empty: this was the last. */
  readonly next: string;
}

export function decodeList<Item>(body: unknown, decode: (item: unknown) => Item): DecodedList<Item> {
  const list = fields(body);
  const items = list['items'] ?? [];
  if (!Array.isArray(items)) throw new UnexpectedAnswer('a list without items');
  const metadata = fields(list['metadata']);
  return {
    items: items.map((item: unknown) => decode(item)),
    resourceVersion: string(metadata['resourceVersion']),
    next: string(metadata['continue']),
  };
}

/** Member of an object, undefined when there is none. */
export function memberOf(body: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => fields(value)[key], body);
}

function decodeMeta(value: unknown): ObjectMeta {
  const meta = fields(value);
  const namespace = nonEmpty(meta['namespace']);
  const creationTimestamp = nonEmpty(meta['creationTimestamp']);
  const deletionTimestamp = nonEmpty(meta['deletionTimestamp']);
  const labels = strings(meta['labels']);
  const annotations = strings(meta['annotations']);
  const name = nonEmpty(meta['name']);
  if (name === undefined) throw new UnexpectedAnswer('an object without metadata.name');
  return {
    name,
    uid: string(meta['uid']),
    resourceVersion: string(meta['resourceVersion']),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(Array.isArray(meta['ownerReferences'])
      ? { ownerReferences: meta['ownerReferences'].map(decodeOwner) }
      : {}),
  };
}

/** Who set this field of `spec`. */
function decodeManagers(metadata: unknown, field: string): readonly FieldManager[] {
  const entries = memberOf(metadata, 'managedFields');
  if (!Array.isArray(entries)) return [];
  return entries
    .filter((entry: unknown) => memberOf(entry, 'fieldsV1', 'f:spec', field) !== undefined)
    .map((entry: unknown) => ({
      manager: string(memberOf(entry, 'manager')),
      fieldsV1: { 'f:spec': { [field]: {} } },
    }));
}

function decodeOwner(value: unknown): { kind: string; name: string; controller?: boolean } {
  const owner = fields(value);
  return {
    kind: string(owner['kind']),
    name: string(owner['name']),
    ...(owner['controller'] === true ? { controller: true } : {}),
  };
}

function decodeTaint(value: unknown): Taint {
  const taint = fields(value);
  const { effect } = taint;
  const timeAdded = nonEmpty(taint['timeAdded']);
  const text = nonEmpty(taint['value']);
  return {
    key: string(taint['key']),
    effect: effect === 'NoExecute' || effect === 'PreferNoSchedule' ? effect : 'NoSchedule',
    ...(text === undefined ? {} : { value: text }),
    ...(timeAdded === undefined ? {} : { timeAdded }),
  };
}

function decodeCondition(value: unknown): NodeCondition {
  const condition = fields(value);
  const { status } = condition;
  const optional = (['reason', 'message', 'lastHeartbeatTime', 'lastTransitionTime'] as const).flatMap(
    (key) => {
      const text = nonEmpty(condition[key]);
      return text === undefined ? [] : [[key, text] as const];
    },
  );
  return {
    type: string(condition['type']),
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    ...Object.fromEntries(optional),
  };
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numbersOf<Key extends string>(from: Fields, keys: readonly Key[]): Partial<Record<Key, number>> {
  const numbers: Partial<Record<Key, number>> = {};
  for (const key of keys) {
    const value = from[key];
    if (typeof value === 'number') numbers[key] = value;
  }
  return numbers;
}

function strings(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isFields(value)) return undefined;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}
