import type { FaultType } from '../../domain/fault.js';
import type {
  BootId,
  CauseId,
  ClusterName,
  MachineId,
  NodeName,
  NodeUid,
  ReportId,
} from '../../domain/identifiers.js';
import type { Report } from '../../domain/report.js';
import type { NodeChange } from '../../domain/signal.js';
import type { KubernetesNode, NodeCondition } from '../../adapters/ports/kubernetes.js';
import type { ConditionRule } from './condition-rules.js';
import { stableId } from '../stable-id.js';

/** What the detector keeps of a node between two looks. */
export interface Sighting {
  readonly nodeUid: NodeUid;
  readonly bootId?: BootId;
  readonly pool?: string;
  readonly conditions: ReadonlyMap<string, ConditionSighting>;
}

interface ConditionSighting {
  /** What was said last about it. */
  readonly verdict: 'bad' | 'good' | 'unsaid';
  /** Transition and heartbeat of the condition, when this boot was first seen: the same stamp is a past boot's word. */
  readonly pastStamp?: string;
  /** A fault that was reported in a past boot, or by a past detector, and not cleared: its end has to be told. */
  readonly owed?: true;
}

export interface ReportSaying {
  readonly kind: 'report';
  readonly condition: string;
  readonly report: Report;
}

/** To be said, in this order, before the sighting is kept. */
export type Saying =
  ReportSaying | { readonly kind: 'change'; readonly causeId: CauseId; readonly change: NodeChange };

/** What was known before this detector first saw the node: faults that it may have to clear. */
export interface Remembered {
  readonly nodeUid?: NodeUid;
  readonly bootId?: BootId;
  readonly pool?: string;
  readonly openFaults: ReadonlySet<FaultType>;
}

export interface SightingContext {
  readonly cluster: ClusterName;
  readonly rules: readonly ConditionRule[];
  /** Name under which reports are made. */
  readonly source: string;
  readonly poolLabel: string;
}

/**
 * Pure: what is to be said about a node as it is now, given what was seen before. The same node seen twice says
 * nothing; seen by a restarted detector it says the same under the same ids. Isolation is no condition: what Faultline
 * itself did to the node is never reported.
 *
 * @param firstOfBoot the earliest look at this boot, if looks were passed over: what stood there is the past boot's word
 */
export function compare(
  context: SightingContext,
  before: Sighting | undefined,
  node: KubernetesNode,
  remembered: Remembered | undefined,
  firstOfBoot = node,
): { readonly sighting: Sighting; readonly sayings: readonly Saying[] } {
  const identity = identityOf(node, context.poolLabel);
  const known = before?.nodeUid === identity.nodeUid ? before : undefined;
  const rebooted = known !== undefined && known.bootId !== identity.bootId;
  const changes = changeSayings(context, node, identity, { before, known, remembered });
  const conditions = new Map<string, ConditionSighting>();
  const reports: Saying[] = [];
  for (const rule of context.rules) {
    const condition = conditionIn(node, rule);
    const earlier = known?.conditions.get(rule.condition);
    const standing = rebooted ? afterBoot(earlier, conditionIn(firstOfBoot, rule)) : earlier;
    const { seen, firing } = judge(rule, condition, standing, remembered);
    conditions.set(rule.condition, seen);
    if (firing !== undefined && condition !== undefined) {
      const report = reportOf(context, node, identity, rule, condition, firing);
      reports.push({ kind: 'report', condition: rule.condition, report });
    }
  }
  const { machineId: _same, ...kept } = identity;
  return {
    sighting: { ...kept, conditions },
    sayings: [...changes, ...reports],
  };
}

/**
 * A sighting whose reports were begun and are not known to be in the log: each may be there, so that its end is owed, or
 * not, so that it is said again if it is still so.
 */
export function notSaidYet(sighting: Sighting, reports: readonly ReportSaying[]): Sighting {
  const conditions = new Map(sighting.conditions);
  for (const { condition } of reports) {
    conditions.set(condition, { ...conditions.get(condition), verdict: 'unsaid', owed: true });
  }
  return { ...sighting, conditions };
}

function conditionIn(node: KubernetesNode, rule: ConditionRule): NodeCondition | undefined {
  return node.status.conditions?.find(({ type }) => type === rule.condition);
}

/** After a boot the old boot's conditions stand there until their owner writes anew: that is not news. */
function afterBoot(
  before: ConditionSighting | undefined,
  stood: NodeCondition | undefined,
): ConditionSighting {
  return {
    verdict: 'unsaid',
    ...(stood === undefined ? {} : { pastStamp: stampOf(stood) }),
    ...(isOpen(before) ? { owed: true } : {}),
  };
}

function isOpen(before: ConditionSighting | undefined): boolean {
  return before?.verdict === 'bad' || before?.owed === true;
}

/** What to say about one condition, and what to remember of it. */
function judge(
  rule: ConditionRule,
  condition: NodeCondition | undefined,
  before: ConditionSighting | undefined,
  remembered: Remembered | undefined,
): { readonly seen: ConditionSighting; readonly firing?: 'firing' | 'cleared' } {
  const open = before === undefined ? remembered?.openFaults.has(rule.faultType) === true : isOpen(before);
  const owed = open ? { owed: true as const } : {};
  if (condition === undefined) return { seen: before ?? { verdict: 'unsaid', ...owed } };
  const { pastStamp, verdict = 'unsaid' } = before ?? {};
  const stale = rule.condition !== 'Ready' && pastStamp === stampOf(condition);
  const past = pastStamp === undefined ? {} : { pastStamp };
  if (stale) return { seen: { verdict, ...past, ...owed } };
  if (rule.bad.includes(condition.status)) {
    return { seen: { verdict: 'bad', ...past }, ...(verdict === 'bad' ? {} : { firing: 'firing' as const }) };
  }
  if (condition.status !== rule.good) return { seen: { verdict, ...past, ...owed } };
  return { seen: { verdict: 'good', ...past }, ...(open ? { firing: 'cleared' as const } : {}) };
}

function stampOf(condition: NodeCondition): string {
  return `${condition.status} ${condition.lastTransitionTime ?? ''} ${condition.lastHeartbeatTime ?? ''}`;
}

interface Identity {
  readonly nodeUid: NodeUid;
  readonly bootId?: BootId;
  readonly machineId?: MachineId;
  readonly pool?: string;
}

/** `poolLabel` undefined: the pool is left out. */
export function identityOf(node: KubernetesNode, poolLabel?: string): Identity {
  const { nodeInfo } = node.status;
  const bootId = nodeInfo?.bootID ?? '';
  const machineId = node.spec.providerID ?? nodeInfo?.systemUUID ?? '';
  const pool = poolLabel === undefined ? undefined : node.metadata.labels?.[poolLabel];
  return {
    nodeUid: node.metadata.uid as NodeUid,
    ...(bootId === '' ? {} : { bootId: bootId as BootId }),
    ...(machineId === '' ? {} : { machineId: machineId as MachineId }),
    ...(pool === undefined ? {} : { pool }),
  };
}

function changeSayings(
  context: SightingContext,
  node: KubernetesNode,
  identity: Identity,
  earlier: { before: Sighting | undefined; known: Sighting | undefined; remembered: Remembered | undefined },
): readonly Saying[] {
  const { before, known, remembered } = earlier;
  const { cluster } = context;
  const { name } = node.metadata;
  const { nodeUid, bootId } = identity;
  const say = (change: NodeChange): Saying => ({
    kind: 'change',
    causeId: stableId(
      'detector',
      change.change,
      cluster,
      name,
      nodeUid,
      bootId,
      // A node may come back into a pool that it was in before: each time is another one.
      ...(change.change === 'relabelled' ? [node.metadata.resourceVersion] : []),
    ) as CauseId,
    change,
  });
  // First seen by this detector, yet known from before: the change may have happened while nobody looked.
  const earlierSeen =
    known ?? (before === undefined && remembered?.nodeUid === nodeUid ? remembered : undefined);
  if (earlierSeen !== undefined) {
    if (earlierSeen.bootId !== bootId && bootId !== undefined)
      return [say({ change: 'rebooted', ...identity })];
    return earlierSeen.pool === identity.pool ? [] : [say({ change: 'relabelled', ...identity })];
  }
  return [say({ change: 'appeared', ...identity })];
}

/** The node's end, as seen. */
export function goneSaying(cluster: ClusterName, node: NodeName, nodeUid: NodeUid | undefined): Saying {
  return {
    kind: 'change',
    causeId: stableId('detector', 'deleted', cluster, node, nodeUid) as CauseId,
    change: { change: 'deleted' },
  };
}

function reportOf(
  { cluster, source }: SightingContext,
  node: KubernetesNode,
  { nodeUid, bootId }: Identity,
  { faultType, condition: name }: ConditionRule,
  condition: NodeCondition,
  status: 'firing' | 'cleared',
): Report {
  const { lastTransitionTime, message, reason } = condition;
  const id = stableId(
    'detector',
    status,
    cluster,
    node.metadata.name,
    nodeUid,
    name,
    condition.status,
    lastTransitionTime,
    bootId,
  );
  return {
    id: id as ReportId,
    cluster,
    node: node.metadata.name as NodeName,
    type: faultType,
    status,
    source,
    ...(bootId === undefined ? {} : { bootId }),
    ...(lastTransitionTime === undefined ? {} : { observedAt: lastTransitionTime }),
    ...(message === undefined ? {} : { message }),
    evidence: {
      nodeUid,
      condition: name,
      status: condition.status,
      ...(reason === undefined ? {} : { reason }),
    },
  };
}
