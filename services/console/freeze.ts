import type { FleetInventory } from '../../adapters/ports/journal.js';
import { namesOf, type NodeKey, type PauseId } from '../../domain/identifiers.js';
import type { Pause } from '../../domain/pause.js';
import { isAboutPlace, type Where } from '../../domain/where.js';
import { parseDurationMs } from '../duration.js';
import { shortId } from '../short-id.js';
import type { GuardReceipt, NewFreeze } from './forms/guard.js';
import { ConsoleRefusal } from './forms/problem.js';
import { instantIn } from './instant-in.js';
import { nodeIn } from './node-in.js';
import { guardReceiptOf } from './pause-item.js';
import type { GuardSource } from './read-guard.js';

/** Where a freeze holds. @throws ConsoleRefusal BadRequest */
function whereOf({ where, everything }: NewFreeze): Where {
  const isEverything = Object.keys(where).length === 0;
  if (isEverything && everything !== true)
    throw new ConsoleRefusal(
      'BadRequest',
      'where: it names nothing, and would freeze everything',
      'say where, or that everything is meant: "everything": true (faultline guard freeze --everything)',
    );
  if (!isEverything && everything === true)
    throw new ConsoleRefusal('BadRequest', 'everything: true, and where names a part', 'say one of the two');
  const { nodes, ...parts } = where;
  return { ...parts, ...(nodes === undefined ? {} : { nodes: nodes.map(nodeIn) }) };
}

/** What is not there now may come, but what nobody looks after or looks for never does: such a freeze would hold nothing for ever. @throws ConsoleRefusal BadRequest */
function refuseUnknown({ clusters, labels }: GuardSource, where: Where): void {
  const named = [...(where.clusters ?? []), ...(where.nodes ?? []).map((node) => namesOf(node).cluster)];
  const cluster = named.find((one) => !clusters.includes(one));
  if (cluster !== undefined)
    throw new ConsoleRefusal(
      'BadRequest',
      `where: there is no cluster ${cluster}`,
      `known are ${clusters.join(', ')}`,
    );
  const label = Object.keys(where.labels ?? {}).find((one) => !labels().includes(one));
  if (label !== undefined)
    throw new ConsoleRefusal(
      'BadRequest',
      `where: the label ${label} is not kept of nodes, so that nothing would be frozen`,
      labels().length === 0
        ? 'add it to guard.labels, or name clusters, pools, zones or nodes'
        : `add it to guard.labels, or use one of ${labels().join(', ')}`,
    );
}

/** The last moment that can be written as RFC 3339. */
const latestEnd = Date.parse('9999-12-31T23:59:59.999Z');

/** When a freeze ends by itself, ms. @throws ConsoleRefusal BadRequest */
function endOf(order: NewFreeze, now: number): number | undefined {
  const { for: lasting, until: text } = order;
  if (lasting === undefined && text === undefined) return undefined;
  if (lasting !== undefined && text !== undefined)
    throw new ConsoleRefusal('BadRequest', 'for and until: both say when it ends', 'say one of the two');
  const end =
    text === undefined
      ? now + (parseDurationMs(lasting ?? '') ?? 0)
      : instantIn('until', text, 'write it like 2026-01-31T08:00:00Z');
  if (end > now && end <= latestEnd) return end;
  throw new ConsoleRefusal(
    'BadRequest',
    `${text ?? lasting ?? ''} is no end to come`,
    'give a time after now, or none: it then holds until somebody thaws it',
  );
}

/** Nodes in the inventory where a freeze holds. */
async function nodesWhere(
  inventory: FleetInventory,
  clusters: readonly string[],
  where: Where,
): Promise<number> {
  if (where.nodes !== undefined) return countNodes(inventory, where, where.nodes);
  const counts = (where.clusters ?? clusters).map(async (cluster) => {
    const picture = await inventory.picture(cluster);
    const groups = (picture?.groups ?? []).filter((group) => isAboutPlace(where, group));
    return groups.reduce((sum, { size }) => sum + size, 0);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function countNodes(
  inventory: FleetInventory,
  where: Where,
  nodes: readonly NodeKey[],
): Promise<number> {
  const members = await Promise.all(nodes.map((node) => inventory.member(node)));
  const { clusters } = where;
  return members.filter(
    (member) =>
      member !== undefined &&
      isAboutPlace(where, member) &&
      (clusters === undefined || clusters.includes(namesOf(member.node).cluster)),
  ).length;
}

/**
 * A person lets nothing new begin where it is said. Claims heed it from the moment it is answered. Not idempotent: freezes may
 * overlap, so the same again is another one.
 * @throws ConsoleRefusal BadRequest, Unavailable
 */
export async function freeze(source: GuardSource, order: NewFreeze, subject: string): Promise<GuardReceipt> {
  const { reason, operations, dryRun = false } = order;
  const now = source.now();
  const where = whereOf(order);
  refuseUnknown(source, where);
  const until = endOf(order, now);
  const id = shortId('z', source.newId()) as PauseId;
  const pause: Pause = {
    ...{ id, key: id, where },
    ...(operations === undefined ? {} : { operations }),
    begun: { by: subject, reason, at: now },
    ...(until === undefined ? {} : { until }),
  };
  const nodes = await nodesWhere(source.inventory, source.clusters, where);
  if (!dryRun && !(await source.book.begin(pause)))
    throw new ConsoleRefusal(
      'Unavailable',
      `${id} is the id of another pause`,
      'try again; nothing was done',
    );
  return { ...guardReceiptOf('freeze', pause, { changed: !dryRun, dryRun, subject, reason }), nodes };
}
