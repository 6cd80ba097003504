import type { WaitingForLeave } from '../../adapters/ports/guard-book.js';
import type { FleetMember, History } from '../../adapters/ports/journal.js';
import type { Change } from '../../domain/change.js';
import { namesOf } from '../../domain/identifiers.js';
import { holdsBack, type Pause } from '../../domain/pause.js';
import { ownOwner, requestOf, requestOfChange, type PermitRequest } from '../../domain/permit-request.js';
import { isAbout, type Place } from '../../domain/where.js';
import { changeItemOf } from './change-item.js';
import { nodeItemOf } from './describe-node.js';
import { apiVersion } from './forms/form.js';
import { mostWaiting, type GuardNode } from './forms/guard.js';
import { ConsoleRefusal } from './forms/problem.js';
import { nodeIn } from './node-in.js';
import { openChanges } from './open-changes.js';
import { pauseItemOf } from './pause-item.js';
import { pausesInForce, waitingItemOf, type GuardSource } from './read-guard.js';
import type { NodeParameters } from './requests.js';

/** Of a node that is in no inventory: no pool, zone or label that is named fits. */
const nowhere: Place = { pool: '', zone: '', labels: {} };

/** Which of the pauses hold a command back. */
async function holding(
  history: History,
  { commandId, processId }: WaitingForLeave,
  pauses: readonly Pause[],
  place: Place,
): Promise<readonly Pause[]> {
  const commands = await history.commands(processId);
  const row = commands.find(({ command }) => command.id === commandId);
  const request = row === undefined ? undefined : requestOf(row.command);
  return request === undefined ? [] : holdingBack(pauses, request, place);
}

function holdingBack(pauses: readonly Pause[], request: PermitRequest, place: Place): readonly Pause[] {
  return pauses.filter((pause) => holdsBack(pause, request, place));
}

function holdingBackChange(pauses: readonly Pause[], change: Change, place: Place): readonly Pause[] {
  const request = requestOfChange(change);
  return request.node === undefined ? [] : holdingBack(pauses, request, place);
}

function memberOf({
  pool,
  zone,
  labels,
  unavailable,
  controlPlane,
}: FleetMember): NonNullable<GuardNode['member']> {
  return { pool, zone, labels: { ...labels }, unavailable, controlPlane };
}

/**
 * What waits at a node, what others have leave for or wait for there, and which pauses hold there: those about the node itself, and those about what waits.
 * @throws ConsoleRefusal BadRequest, NotFound
 */
export async function describeGuardNode(
  source: GuardSource,
  history: History,
  { cluster, node }: NodeParameters,
): Promise<GuardNode> {
  const key = nodeIn(`${cluster}/${node}`);
  const now = source.now();
  const [state, member, waiting, changes, { pauses }] = await Promise.all([
    history.state(key),
    source.inventory.member(key),
    source.book.waiting({ node: key, limit: mostWaiting.shown, now }),
    openChanges(source.changes, now, key),
    pausesInForce(source),
  ]);
  if (state === undefined && member === undefined && changes.length === 0)
    throw new ConsoleRefusal('NotFound', `nothing is known of ${key}`, 'look at `faultline get nodes`');
  const place = member ?? nowhere;
  const held = await Promise.all(
    waiting.map(async (one) => ({ one, by: await holding(history, one, pauses, place) })),
  );
  const heldChanges = changes.map(({ row, status }) => ({
    item: changeItemOf(row, now),
    by: status === 'waiting' ? holdingBackChange(pauses, row.change, place) : [],
  }));
  const ofWaiting = new Set([...held, ...heldChanges].flatMap(({ by }) => by));
  const { health, process } = state === undefined ? {} : nodeItemOf(state);
  return {
    apiVersion,
    kind: 'GuardNode',
    ...namesOf(key),
    ...(health === undefined ? {} : { health }),
    ...(process === undefined ? {} : { process }),
    ...(member === undefined ? {} : { member: memberOf(member) }),
    waiting: held.map(({ one, by }) => ({ ...waitingItemOf(one), pauses: by.map(({ id }) => id) })),
    changes: heldChanges.map(({ item, by }) => ({ ...item, pauses: by.map(({ id }) => id) })),
    pauses: pauses
      .filter((pause) => ofWaiting.has(pause) || isAbout(pause.where, { node: key, owner: ownOwner }, place))
      .map(pauseItemOf),
  };
}
