import type { WorldRandom } from '../world/random.js';
import type { FaultFeed } from './fault-feed.js';
import type { SeenRequest } from './gates/http-gate.js';
import type { Moment, TrapDoor } from './gates/trap.js';
import type { GroupLook } from './group-state.js';
import type { GatedCopy, Installation } from './installation.js';
import { copies, type CopyName, type KillPoint, type Service } from './kill-plan.js';
import { cameTrue } from './patience.js';
import type { Victims } from './victims.js';

/** Services that are killed while their consumer group, of the same name, gathers. */
type Gathering = Extract<Service, 'maintenance' | 'migrator'>;

export interface Scene {
  readonly installation: Installation;
  readonly victims: Pick<Victims, 'kill' | 'killCopy' | 'holdCopy' | 'releaseCopy'>;
  readonly feed: Pick<FaultFeed, 'failTelling'>;
  readonly groups: Readonly<Record<Gathering, GroupLook>>;
  readonly random: WorldRandom;
  /** How long a moment is waited for. */
  readonly patienceMs: number;
}

interface Catch<Seen> {
  readonly service: Service;
  readonly at: Moment;
  readonly doorsOf: (copy: GatedCopy) => readonly TrapDoor<Seen>[];
  readonly matches: (seen: Seen) => boolean;
}

/** Traps at all copies of a service; the first that springs kills its copy, and takes the others away. */
function caught<Seen>(scene: Scene, wanted: Catch<Seen>): Promise<boolean> {
  const { installation, victims, patienceMs } = scene;
  return new Promise((resolve) => {
    const disarms: (() => void)[] = [];
    const finish = (hit: boolean): void => {
      clearTimeout(timer);
      for (const disarm of disarms.splice(0)) disarm();
      resolve(hit);
    };
    const timer = setTimeout(() => {
      finish(false);
    }, patienceMs);
    for (const gated of installation.values()) {
      if (gated.copy.options.service !== wanted.service) continue;
      const spring = (): void => {
        victims.killCopy(gated.copy.name);
        finish(true);
      };
      for (const door of wanted.doorsOf(gated)) {
        disarms.push(door.arm({ at: wanted.at, matches: wanted.matches, spring }));
      }
    }
  });
}

const postgresDoors = ({ gates }: GatedCopy): readonly TrapDoor<string>[] =>
  gates.postgres === undefined ? [] : [gates.postgres.trapDoor];
const isCommit = (text: string): boolean => text.toUpperCase() === 'COMMIT';
/** Statements with which a service notes what it has told others. */
const marks = {
  relay: /update\s+journal\.outbox\s+set\s+sent_at/i,
  webhooks: /update\s+journal\.webhook_cursor\s+set\s+next_offset/i,
  tracer: /insert\s+into\s+journal\.consumed_offset/i,
};

function unmarked(scene: Scene, service: keyof typeof marks): Promise<boolean> {
  return caught(scene, {
    service,
    at: 'request',
    doorsOf: postgresDoors,
    matches: (statement) => marks[service].test(statement),
  });
}

/** What an executor does to a node, a pod or a machine, and not what it tells of it. */
function isEffect({ method, path }: SeenRequest): boolean {
  return method !== 'GET' && !path.includes('/events') && !path.includes('selfsubjectaccessreviews');
}

/** In turns at the API server and at the BMCs, whose effects can't be repeated. */
function effectCaught(scene: Scene, at: Moment): Promise<boolean> {
  const atBmc = scene.random.chance(0.4);
  return caught<SeenRequest>(scene, {
    service: 'executor',
    at,
    doorsOf: ({ gates }) => {
      const gate = atBmc ? gates.bmcs : gates.kubernetes;
      return gate === undefined ? [] : [gate.trapDoor];
    },
    matches: isEffect,
  });
}

/** Nobody is there who could read what intake acknowledges, and then intake is gone as well. */
async function acknowledgedAndUnread(scene: Scene): Promise<boolean> {
  const { installation, victims, feed, random, patienceMs } = scene;
  const readers = copies.map((copy): CopyName => `maintenance-${copy}`);
  const intake: CopyName = random.chance(0.5) ? 'intake-1' : 'intake-2';
  for (const reader of readers) victims.holdCopy(reader);
  try {
    const url = installation.get(intake)?.copy.options.url ?? '';
    const acknowledged = await feed.failTelling(url, patienceMs);
    const isUnread = readers.every((reader) => installation.get(reader)?.copy.isRunning === false);
    if (acknowledged) victims.killCopy(intake);
    return acknowledged && isUnread;
  } finally {
    for (const reader of readers) victims.releaseCopy(reader);
  }
}

const rebalancing: ReadonlySet<string | undefined> = new Set(['PreparingRebalance', 'CompletingRebalance']);

/** One copy is killed; when its successor joins, and the group gathers, the other one is. */
async function inRebalance(scene: Scene, service: Gathering): Promise<boolean> {
  const { victims, groups, random, patienceMs } = scene;
  const order = random.chance(0.5) ? copies : [...copies].reverse();
  const [first = 1, second = 2] = order;
  victims.killCopy(`${service}-${first}`);
  const gathers = async (): Promise<boolean> => rebalancing.has(await groups[service].state());
  const hit = await cameTrue(gathers, { patienceMs, everyMs: 30 });
  if (hit) victims.killCopy(`${service}-${second}`);
  return hit;
}

/** Waits for the moment and kills in it. False: it did not come within the patience. */
export function strike(point: KillPoint, scene: Scene): Promise<boolean> {
  switch (point) {
    case 'acknowledged and unread':
      return acknowledgedAndUnread(scene);
    case 'before commit':
    case 'after commit': {
      const at = point === 'before commit' ? 'request' : 'answer';
      return caught(scene, { service: 'maintenance', at, doorsOf: postgresDoors, matches: isCommit });
    }
    case 'attempting without effect':
      return effectCaught(scene, 'request');
    case 'effect without outcome':
      return effectCaught(scene, 'answer');
    case 'published and unmarked':
      return unmarked(scene, 'relay');
    case 'in a rebalance of maintenance':
      return inRebalance(scene, 'maintenance');
    case 'in a rebalance of the migrators':
      return inRebalance(scene, 'migrator');
    case 'delivered and unmarked':
      return unmarked(scene, 'webhooks');
    case 'traced and unmarked':
      return unmarked(scene, 'tracer');
  }
}
