import { setTimeout as pause } from 'node:timers/promises';
import type { Toxic, ToxiproxyStack } from '../stack/toxiproxy.js';
import type { WorldRandom } from '../world/random.js';
import type { CutKind, Tally } from './tally.js';

export const routeNames = ['kafka-1', 'kafka-2', 'kafka-3', 'postgres', 'kubernetes'] as const;
export type RouteName = (typeof routeNames)[number];

/** One thing done to some ways at once. */
interface Cut {
  readonly kind: CutKind;
  readonly routes: readonly RouteName[];
  readonly forMs: number;
  readonly toxics: readonly Toxic[];
}

const ways: readonly (readonly RouteName[])[] = [
  ['postgres'],
  ['kubernetes'],
  ['kafka-1'],
  ['kafka-2'],
  ['kafka-3'],
  ['kafka-1', 'kafka-2', 'kafka-3'],
];

const late: readonly Toxic[] = [
  { type: 'latency', stream: 'upstream', attributes: { latency: 150, jitter: 100 } },
  { type: 'latency', stream: 'downstream', attributes: { latency: 250, jitter: 200 } },
];

/** One direction is dead: what was asked arrives and its answer does not, or the other way round. */
function halfDead(random: WorldRandom): readonly Toxic[] {
  const stream = random.chance(0.7) ? 'downstream' : 'upstream';
  return [{ type: 'timeout', stream, attributes: { timeout: 0 } }];
}

/** Kinds come in turns and not by chance: a short run that drew three delays of five had broken too little. */
const turns = ['cut', 'halved', 'cut', 'delayed'] as const;

function nextCut(random: WorldRandom, number: number): Cut {
  const routes = ways[random.between(0, ways.length - 1)] ?? ['postgres'];
  const kind = turns[number % turns.length] ?? 'cut';
  if (kind === 'delayed') return { kind, routes, toxics: late, forMs: random.between(3_000, 6_000) };
  if (kind === 'halved') {
    return { kind, routes, toxics: halfDead(random), forMs: random.between(1_500, 4_000) };
  }
  return { kind, routes, toxics: [], forMs: random.between(1_000, 4_000) };
}

async function carryOut(toxiproxy: ToxiproxyStack, { routes, toxics, forMs }: Cut): Promise<void> {
  for (const route of routes) {
    if (toxics.length === 0) await toxiproxy.enable(route, false);
    for (const toxic of toxics) await toxiproxy.poison(route, toxic);
  }
  await pause(forMs);
  for (const route of routes) {
    await toxiproxy.heal(route);
    // What was swallowed is missing for good: the connection is of no use any more.
    if (toxics.some(({ type }) => type === 'timeout')) await toxiproxy.enable(route, false);
    await toxiproxy.enable(route, true);
  }
}

/** Cuts, delays and halves the ways between Faultline and what it rests on, one after the other, until `signal` aborts. */
export async function cutConnections(options: {
  readonly toxiproxy: ToxiproxyStack;
  readonly random: WorldRandom;
  readonly everyMs: number;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { toxiproxy, random, everyMs, tally, signal } = options;
  for (let number = 0; !signal.aborted; number += 1) {
    const next = Date.now() + everyMs;
    const cut = nextCut(random, number);
    await carryOut(toxiproxy, cut);
    tally.cut(cut.kind);
    await pause(Math.max(0, next - Date.now()), undefined, { signal }).catch(() => undefined);
  }
}
