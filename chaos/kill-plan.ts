import type { WorldRandom } from '../world/random.js';

/** Each service is a process of its own, in two copies. */
export const services = [
  'intake',
  'console',
  'detector',
  'maintenance',
  'relay',
  'executor',
  'migrator',
  'tracer',
  'webhooks',
  'node-states',
] as const;
export type Service = (typeof services)[number];
export const copies = [1, 2] as const;

/** A copy of a service, as `relay-2`. */
export type CopyName = `${Service}-${(typeof copies)[number]}`;
export const copyNames: readonly CopyName[] = services.flatMap((service) =>
  copies.map((copy): CopyName => `${service}-${copy}`),
);

/** What everything rests on. One broker of three may be gone at a time. */
export const foundations = ['postgres', 'kafka-1', 'kafka-2', 'kafka-3', 'kube-apiserver'] as const;
export type Foundation = (typeof foundations)[number];

export type Target = CopyName | Foundation;

/** Moments in which a process has to be killed, because something could be lost or doubled just then. */
export const killPoints = [
  'acknowledged and unread',
  'before commit',
  'after commit',
  'attempting without effect',
  'effect without outcome',
  'published and unmarked',
  'in a rebalance of maintenance',
  'in a rebalance of the migrators',
  'delivered and unmarked',
  'traced and unmarked',
] as const;
export type KillPoint = (typeof killPoints)[number];

export type Action =
  | { readonly kind: 'kill'; readonly targets: readonly Target[] }
  | { readonly kind: 'kill point'; readonly point: KillPoint };

/** What a run has to reach; less, and it proves nothing. */
export interface Least {
  readonly faults: number;
  readonly kills: number;
  readonly cuts: number;
  readonly hitsPerPoint: number;
}

const fullMinutes = 10;

/** In proportion to 10 minutes, each kill point at least once. */
export function leastOf(minutes: number): Least {
  const part = minutes / fullMinutes;
  return {
    faults: Math.ceil(300 * part),
    kills: Math.ceil(60 * part),
    cuts: Math.ceil(30 * part),
    hitsPerPoint: Math.max(1, Math.round(3 * part)),
  };
}

/** Whatever may be killed at the same moment. */
const together: readonly (readonly Target[])[] = [
  ['maintenance-1', 'maintenance-2', 'relay-1', 'relay-2'],
  copyNames,
  ['postgres', 'executor-1', 'executor-2'],
  ['kube-apiserver', 'kafka-2', 'maintenance-1', 'executor-2'],
  ['postgres', 'webhooks-1', 'node-states-1', 'tracer-1', 'relay-2'],
  ['webhooks-1', 'webhooks-2', 'tracer-1', 'tracer-2', 'node-states-1', 'node-states-2'],
];

/**
 * What is killed, in order: every kill point as often as wanted, every process in turn (as many as fit, what everything
 * rests on first), and several at once. One seed gives one plan.
 */
export function killPlan(minutes: number, random: WorldRandom): readonly Action[] {
  const part = Math.min(1, minutes / fullMinutes);
  const share = <Item>(items: readonly Item[]): readonly Item[] =>
    items.slice(0, Math.ceil(items.length * part));
  const points = killPoints.flatMap((point) =>
    Array.from({ length: leastOf(minutes).hitsPerPoint }, (): Action => ({ kind: 'kill point', point })),
  );
  const inTurn: readonly Target[] = [...shuffled(foundations, random), ...shuffled(copyNames, random)];
  const kills = [...share(inTurn).map((target) => [target]), ...share(shuffled(together, random))];
  return shuffled([...points, ...kills.map((targets): Action => ({ kind: 'kill', targets }))], random);
}

export function shuffled<Item>(items: readonly Item[], random: WorldRandom): readonly Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
