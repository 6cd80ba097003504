import type { FaultCase, GuardBook, PauseRow } from '../../adapters/ports/guard-book.js';
import type { FleetInventory, FleetMember, FleetPicture } from '../../adapters/ports/journal.js';
import type { JournalReader } from '../../adapters/postgres/journal-reader.js';
import { namesOf, type NodeKey } from '../../domain/identifiers.js';
import { apiVersion, toInstant } from '../../services/console/forms/form.js';
import { playPolicy, type OperationFates, type PlayedPolicy } from '../../services/guard/play/play-policy.js';
import type { Waits } from '../../services/guard/play/waits.js';
import type { Configuration } from '../configuration/configuration.js';
import type { GuardSimulation } from '../forms/guard-simulation.js';

export interface PlayGuardOptions {
  /** Clusters whose inventory counts. */
  readonly clusters: readonly string[];
  /** The section that is played. */
  readonly guard: Configuration['guard'];
  /** ms */
  readonly since: number;
  readonly until: number;
  /** How many of those that would have been held are told one by one. */
  readonly limit: number;
}

const casesAtOnce = 5_000;

/** Said with every result: who reads it decides by it. */
const notKnown = [
  'sizes of pools, zones and labels are those of the inventory now; nodes that it does not know any more are left out',
  'nodes count as in service when they are isolated, and none as kept out by others',
  'when an operation began is known for 21 days; before, it took as long as others of its kind',
  'a process that is held moves all it did afterwards; what would have begun sooner draws nothing forward, and later processes of a node do not move',
  'breakers that would have tripped hold nothing, since nobody knows how long a person had taken; pauses hold as they did in fact',
  'business metrics hold nothing by themselves; where people were asked about one, that pause holds as it did in fact',
  'who reported a fault first is known of commands, and for breakers only of faults that are still open',
];

/** Plays the guard's section against the journal's history. Reads only. Rejects as the journal does. */
export async function playGuard(
  reader: Pick<JournalReader, 'guardBook' | 'guardHistory'> & {
    readonly inventory: Pick<FleetInventory, 'picture' | 'member'>;
  },
  { clusters, guard, since, until, limit }: PlayGuardOptions,
): Promise<GuardSimulation> {
  const { inventory, guardBook, guardHistory } = reader;
  const played = await playPolicy(
    guard,
    {
      operations: guardHistory.operations({ since }),
      cases: everyCase(guardBook, since),
      pauses: await pausesSince(guardBook, since),
      pictures: await picturesOf(inventory, clusters),
      memberOf: rememberingMembers(inventory),
    },
    { since, until, limit },
  );
  return {
    ...{ apiVersion, kind: 'GuardSimulation', policy: guard.version },
    ...{ since: toInstant(since), until: toInstant(until) },
    operations: played.operations.map(operationOf),
    heldBy: [...played.holds].map(([by, waits]) => ({ by, ...summaryOf(waits) })),
    trips: played.trips.map(({ breaker, common, at, nodes }) => ({
      breaker,
      common,
      at: toInstant(at),
      nodes,
    })),
    first: firstOf(played),
    leftOut: played.unplaced,
    notKnown: [...notKnown],
  };
}

async function picturesOf(
  inventory: Pick<FleetInventory, 'picture'>,
  clusters: readonly string[],
): Promise<ReadonlyMap<string, FleetPicture>> {
  const pictures = new Map<string, FleetPicture>();
  for (const cluster of clusters) {
    const picture = await inventory.picture(cluster);
    if (picture !== undefined) pictures.set(cluster, picture);
  }
  return pictures;
}

/** A node is asked for once, however often something was done to it. */
function rememberingMembers(
  inventory: Pick<FleetInventory, 'member'>,
): (node: NodeKey) => Promise<FleetMember | undefined> {
  const members = new Map<NodeKey, FleetMember | undefined>();
  return async (node) => {
    if (!members.has(node)) members.set(node, await inventory.member(node));
    return members.get(node);
  };
}

async function pausesSince(book: Pick<GuardBook, 'history'>, since: number): Promise<readonly PauseRow[]> {
  const pauses: PauseRow[] = [];
  let after: string | undefined;
  do {
    const { rows, next } = await book.history({ limit: 1_000, ...(after === undefined ? {} : { after }) });
    pauses.push(...rows.filter(({ ended }) => ended === undefined || ended.at >= since));
    after = next;
  } while (after !== undefined);
  return pauses;
}

/** Page by page by time; of one moment there may be several, which are told once. */
async function* everyCase(book: Pick<GuardBook, 'cases'>, since: number): AsyncGenerator<FaultCase> {
  let from = since;
  let limit = casesAtOnce;
  let told = new Set<string>();
  for (;;) {
    const page = await book.cases({ since: from, limit });
    const fresh = page.filter(({ processId }) => !told.has(processId));
    yield* fresh;
    if (page.length < limit) return;
    const last = page.at(-1)?.at ?? from;
    // A page of one moment only: more have to be asked for, or it would never be over.
    limit = last === from ? 2 * limit : casesAtOnce;
    from = last;
    told = new Set(page.filter(({ at }) => at === last).map(({ processId }) => processId));
  }
}

function operationOf(fates: OperationFates): GuardSimulation['operations'][number] {
  const { operation, asked, held, stillWaiting, heldInFact, unknownInFact } = fates;
  return {
    ...{ operation, asked, atOnce: asked - held.count, ...summaryOf(held), stillWaiting },
    inFact: { ...summaryOf(heldInFact), unknown: unknownInFact },
  };
}

function summaryOf(waits: Waits): { held: number; p50: number; p95: number; longest: number } {
  const [p50, p95, longest] = [waits.quantileMs(0.5), waits.quantileMs(0.95), waits.longestMs].map(secondsOf);
  return { held: waits.count, p50: p50 ?? 0, p95: p95 ?? 0, longest: longest ?? 0 };
}

function firstOf({ first }: PlayedPolicy): GuardSimulation['first'] {
  return first.map(({ node, operation, askedAt, waitedMs, waitedInFactMs, by }) => ({
    ...{ ...namesOf(node), operation, askedAt: toInstant(askedAt), by },
    ...(waitedMs === undefined ? {} : { waited: secondsOf(waitedMs) }),
    ...(waitedInFactMs === undefined ? {} : { waitedInFact: secondsOf(waitedInFactMs) }),
  }));
}

function secondsOf(ms: number): number {
  return Math.round(ms) / 1_000;
}
