import type { JumpingClock } from '../../../adapters/clock/jumping-clock.js';
import type { IntakeSender } from '../../../world/record/intake-sender.js';
import type { RunningInstallation } from '../installation.js';
import { consumerGroups } from '../start/consumer-groups.js';
import type { PeopleOnCall } from '../../../simulation/record/people-on-call.js';
import type { OrderDesk } from './order-desk.js';
import { witnessGroup } from './witness.js';
import type { DemoWorld } from './world.js';

/** Everybody whose work keeps time from passing. */
export interface Stage {
  readonly clock: JumpingClock;
  readonly world: DemoWorld;
  readonly installation: RunningInstallation;
  readonly sender: IntakeSender;
  readonly people: PeopleOnCall;
  readonly orders: OrderDesk;
}

/**
 * How many turns of the event loop all must be still: what one part wrote to a socket another one reads within two.
 */
const stillTurns = 4;

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** As far as this process knows by itself. */
function isStill({ installation, sender, orders }: Stage): boolean {
  return (
    installation.isReady() &&
    installation.underWay() === 0 &&
    installation.connections.eventLog.underWay() === 0 &&
    sender.underWay === 0 &&
    orders.underWay === 0
  );
}

async function staysStill(stage: Stage): Promise<boolean> {
  for (let turn = 0; turn < stillTurns; turn += 1) {
    await eventLoopTurn();
    if (!isStill(stage)) return false;
  }
  return true;
}

/** The embedded log's members say themselves when they are behind; Kafka's brokers have to be asked. */
async function isRead({ installation }: Stage): Promise<boolean> {
  const { eventLog, embeddedLog } = installation.connections;
  if (embeddedLog !== undefined) return true;
  const unread = await Promise.all([...consumerGroups, witnessGroup].map((group) => eventLog.unread(group)));
  return unread.every((records) => records === 0n);
}

/**
 * Nothing unread, unsent, claimable or under way: only then may time pass. What this process knows of its own work is
 * asked first; databases, brokers and clusters are asked last, since each look costs.
 */
export async function isQuiet(stage: Stage): Promise<boolean> {
  const { clock, installation, world } = stage;
  return (
    (await staysStill(stage)) &&
    (await installation.connections.journal.upkeep.isIdle(clock.now())) &&
    (await isRead(stage)) &&
    (await world.isSettled()) &&
    isStill(stage)
  );
}
