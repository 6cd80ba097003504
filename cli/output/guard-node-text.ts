import type { GuardNode, PauseItem } from '../../services/console/forms/guard.js';
import { ageOf, timeTo } from './age.js';
import { whyText } from './guard-views.js';
import { printable } from './table.js';
import type { ToldGuardNode } from './told-by-server.js';
import { whereText } from './where-text.js';

/** What a person who asks why nothing happens to a node has to know, the shortest way; as of `now`, ms. */
export function guardNodeText(told: ToldGuardNode, now: number): string {
  const document: GuardNode = { ...told, changes: told.changes ?? [] };
  const { waiting, changes, pauses } = document;
  const isWaitedFor = waiting.length > 0 || changes.some(({ status }) => status === 'waiting');
  const lines = [
    headline(document),
    ...(document.member === undefined ? ['it is in no inventory: nothing risky is begun there'] : []),
    ...(isWaitedFor ? [] : ['nothing waits for leave there']),
    ...waiting.map((one) => waitingLine(one, now)),
    ...changes.map((change) => changeLine(change, now)),
    ...pauses.flatMap((pause) => pauseLines(pause, document, now)),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function headline({ cluster, node, health, process, member }: GuardNode): string {
  const does =
    process === undefined ? '' : `: ${process.workflow} in stage ${process.stage}, ${process.processId}`;
  const asks = process?.waitingFor === undefined ? '' : `, waits for a person: ${process.waitingFor}`;
  const labels = Object.entries(member?.labels ?? {}).map(([label, value]) => `${label}=${value}`);
  const place =
    member === undefined ? [] : [`pool ${member.pool || '-'}`, `zone ${member.zone || '-'}`, ...labels];
  const standing = member?.unavailable === true ? ['unavailable'] : [];
  const controlPlane = member?.controlPlane === true ? ['control plane'] : [];
  const told = [health ?? 'never reported', ...place, ...standing, ...controlPlane].join(', ');
  return `${cluster}/${node} (${told})${does}${asks}`;
}

function waitingLine(one: GuardNode['waiting'][number], now: number): string {
  const { type, faultType, since, reason, place, askedAgainAt } = one;
  const where = place === undefined ? 'in no line' : `place ${place} in line`;
  return `${type} because of ${faultType} waits for ${ageOf(since, now)}: ${reason}; ${where}; asked again in ${timeTo(askedAgainAt, now)}`;
}

function changeLine(change: GuardNode['changes'][number], now: number): string {
  const { id, operation, owner, reason, status, waiting, leaseUntil, soak, askedAt } = change;
  const what = `change ${id} of ${owner}: ${operation}, ${reason};`;
  const { before } = change;
  const was =
    before?.health === 'unhealthy' ? `; its node was not well: ${before.conditions.join(', ')}` : '';
  if (soak !== undefined) return `${what} its node is watched for ${timeTo(soak.until, now)} more${was}`;
  const lease = leaseUntil === undefined ? '' : `, its lease ends in ${timeTo(leaseUntil, now)}`;
  if (status === 'granted') return `${what} has leave${lease}${was}`;
  if (waiting === undefined)
    return `${what} waits for ${ageOf(askedAt, now)}, and was not asked for yet${lease}`;
  const where = waiting.place === undefined ? 'in no line' : `place ${waiting.place} in line`;
  return `${what} waits for ${ageOf(askedAt, now)}: ${waiting.reason}; ${where}${lease}`;
}

function pauseLines(pause: PauseItem, { waiting, changes }: GuardNode, now: number): readonly string[] {
  const { id, kind, where, operations, by, since } = pause;
  const holds = [...waiting, ...changes].some(({ pauses }) => pauses.includes(id))
    ? 'held back by'
    : 'in force there:';
  const what = operations === undefined ? '' : `, only ${operations.join(', ')}`;
  const end = endOf(pause, now);
  return [
    `${holds} ${kind} ${id} of ${by}, ${ageOf(since, now)} old${end}: ${whyText(pause)} [${whereText(where)}${what}]`,
    ...waysOut(pause).map(([word, order]) => `  ${word}: faultline guard ${order} ${id} --reason WHY`),
  ];
}

function endOf({ until, rollout }: PauseItem, now: number): string {
  if (rollout !== undefined) return ', ends with its change';
  return until === undefined ? '' : `, ends in ${timeTo(until, now)}`;
}

function waysOut({ incident, regression }: PauseItem): readonly (readonly [what: string, order: string])[] {
  const question = incident ?? regression;
  if (question === undefined || question.denied !== undefined) return [['to end it', 'thaw']];
  if (regression !== undefined)
    return [
      ['changes are not why, go on', 'approve'],
      ['changes do harm, stop what is under way', 'deny'],
    ];
  return [
    ['they are really ill, go on', 'approve'],
    ['a false alarm, take back what was begun', 'deny'],
    ['only end it', 'thaw'],
  ];
}
