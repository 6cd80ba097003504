import fc from 'fast-check';
import { commandTypes, resultStatuses, type CommandResult } from '../../domain/command.js';
import type { DecidedReport } from '../../domain/decision.js';
import type {
  BootId,
  ClusterName,
  CommandId,
  FaultId,
  MachineId,
  NodeKey,
  NodeName,
  NodeUid,
  PodUid,
  ProcessId,
  ReportId,
} from '../../domain/identifiers.js';
import { ignoredReasons, reportFates, type Report } from '../../domain/report.js';
import { migrationStatuses, orderKinds, type MigrationReply, type Signal } from '../../domain/signal.js';

/** Text that survives every store: no NUL, no lone surrogates. */
export const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((value) => value.replaceAll('\0', ' '));
const key = text.filter((value) => value !== '__proto__');
const branded = <Id extends string>() => text.map((value) => value as Id);
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 });
const at = fc.integer({ min: 0, max: 4_102_444_800_000 });
export const cluster = fc
  .stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/)
  .map((value) => value as ClusterName);
export const nodeName = fc
  .stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?(\.[a-z0-9]{1,5})?$/)
  .map((value) => value as NodeName);
export const node = fc.tuple(cluster, nodeName).map(([c, n]) => `${c}/${n}` as NodeKey);
const uuid = fc.uuid();

/** A record of some required and some optional members; absent ones are left out, never undefined. */
function record<Required extends object, Optional extends object>(
  required: { [K in keyof Required]: fc.Arbitrary<Required[K]> },
  optional: { [K in keyof Optional]: fc.Arbitrary<Optional[K]> },
): fc.Arbitrary<Required & Partial<Optional>> {
  return fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([a, b]) => ({ ...a, ...b }) as Required & Partial<Optional>);
}

export const report: fc.Arbitrary<Report> = record(
  {
    id: uuid.map((value) => value as ReportId),
    cluster,
    node: nodeName,
    type: text,
    status: fc.constantFrom('firing' as const, 'cleared' as const),
    source: text,
  },
  {
    bootId: branded<BootId>(),
    sequence: count,
    observedAt: text,
    message: text,
    evidence: fc.dictionary(key, text, { noNullPrototype: true }),
  },
);

const pod = fc.record({ namespace: text, name: text, uid: branded<PodUid>() });
const condition = fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const);
const observation = record(
  {
    nodeUid: branded<NodeUid>(),
    ready: condition,
    conditions: fc.dictionary(key, condition, { noNullPrototype: true }),
    unschedulable: fc.boolean(),
  },
  {
    bootId: branded<BootId>(),
    machineId: branded<MachineId>(),
    isolatedBy: branded<ProcessId>(),
    hold: text,
    image: text,
    pool: text,
  },
);

const result: fc.Arbitrary<CommandResult> = fc.record({
  commandId: branded<CommandId>(),
  commandType: fc.constantFrom(...commandTypes),
  processId: branded<ProcessId>(),
  stageEntry: count,
  status: fc.constantFrom(...resultStatuses),
  detail: record(
    {},
    {
      reason: text,
      observation,
      pods: fc.array(pod, { maxLength: 4 }),
      ticket: text,
      repaired: fc.boolean(),
      nodeGone: fc.boolean(),
      hold: text,
      cordoned: fc.boolean(),
    },
  ),
});

const kind = <Kind extends string>(value: Kind) => fc.constant(value);
export const signal: fc.Arbitrary<Signal> = fc.oneof(
  fc.record({ kind: kind('CommandResult'), result }),
  fc.record({ kind: kind('TimerFired'), processId: branded<ProcessId>(), stageEntry: count, timer: text }),
  fc.record({
    kind: kind('Order'),
    order: fc.record({
      kind: fc.constantFrom(...orderKinds),
      processId: branded<ProcessId>(),
      subject: text,
      reason: text,
    }),
  }),
  fc.record({
    kind: kind('NodeChanged'),
    change: record(
      {
        change: fc.constantFrom(
          'appeared' as const,
          'deleted' as const,
          'rebooted' as const,
          'relabelled' as const,
        ),
      },
      { nodeUid: branded<NodeUid>(), bootId: branded<BootId>(), machineId: branded<MachineId>(), pool: text },
    ),
  }),
  fc.record({
    kind: kind('MigrationAnnounced'),
    processId: branded<ProcessId>(),
    stageEntry: count,
    requestId: text,
  }),
  record({ kind: kind('RetryParked'), reason: text }, { subject: text }),
  fc.record({
    kind: kind('InputLost'),
    lost: record({ group: text, topic: text, partition: fc.nat(99), from: count }, { to: count }),
  }),
  fc.record({
    kind: kind('OrphanFound'),
    orphan: record(
      { owner: text, nodeUid: branded<NodeUid>(), atOnce: fc.nat(99) },
      { processId: branded<ProcessId>(), bootId: branded<BootId>(), machineId: branded<MachineId>() },
    ),
  }),
  fc.record({ kind: kind('ModeActivated'), policy: text }),
);

export const reply: fc.Arbitrary<MigrationReply> = record(
  {
    requestId: text,
    processId: branded<ProcessId>(),
    pod,
    status: fc.constantFrom(...migrationStatuses),
    by: text,
  },
  { reason: text },
);

export const decided: fc.Arbitrary<DecidedReport> = record(
  {
    reportId: uuid.map((value) => value as ReportId),
    node,
    type: text,
    source: text,
    fate: fc.constantFrom(...reportFates),
    at,
  },
  {
    reason: fc.constantFrom(...ignoredReasons),
    faultId: branded<FaultId>(),
    processId: branded<ProcessId>(),
  },
);
export const migrationRequest = record(
  {
    requestId: text,
    processId: branded<ProcessId>(),
    node,
    pods: fc.array(pod, { maxLength: 4 }),
    reason: text,
    deadlineMs: count,
  },
  { nodeUid: branded<NodeUid>() },
);
