import type { JournalLook } from './journal-look.js';
import { inFlight } from './in-flight.js';
import type { NodeApi } from './node-api.js';
import { clusterName } from './bench-site.js';
import { setTimeout as pause } from 'node:timers/promises';

/** Nodes of the fleet that is measured. */
export const fleetSize = 1_024;

/** Nodes that Faultline isolates. */
export const productNodes = namesOf('node');
/** Nodes that the bare patches isolate: as many, so that neither side has the smaller objects. */
export const floorNodes = namesOf('floor');

function namesOf(prefix: string): readonly string[] {
  return Array.from({ length: fleetSize }, (_, index) => `${prefix}-${String(index).padStart(4, '0')}`);
}

const places = 16;
const patienceMs = 120_000;

export async function createNodes(admin: NodeApi, names: readonly string[]): Promise<void> {
  await inFlight(names, places, (name) => admin.create(name));
}

/** New nodes under the old names: whatever process there was of an old one has ended with it. Faultline has to run. */
export async function renewFleet(journal: JournalLook, admin: NodeApi): Promise<void> {
  await journal.untilQuiet();
  await inFlight(productNodes, places, (name) => admin.remove(name));
  await untilKnown(journal, floorNodes.length);
  await createNodes(admin, productNodes);
  await untilKnown(journal, floorNodes.length + productNodes.length);
}

/** Resolves when Faultline knows so many nodes and has nothing left to do about them. */
export async function untilKnown(journal: JournalLook, count: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  const known = (): Promise<number> =>
    journal.count(`SELECT count(*) FROM journal.fleet_member WHERE cluster = '${clusterName}'`);
  while ((await known()) !== count) {
    if (Date.now() > deadline) throw new Error(`Faultline knows ${await known()} nodes in place of ${count}`);
    await pause(100);
  }
  await journal.untilQuiet();
}
