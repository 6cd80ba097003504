import type { Span, SpanAttributes } from '../../adapters/ports/spans.js';
import { eventIdOf } from '../../domain/event-number.js';
import type { Fact, FactType } from '../../domain/fact.js';
import { namesOf, type ProcessId } from '../../domain/identifiers.js';
import { objectsOf, textOf, type JsonObject } from '../../domain/json.js';
import { topicsOfEvent } from '../../schemas/catalog.js';
import { spanOf, traceOf } from '../../schemas/cloud-events.js';

/** What is known of a process when something of it ends. */
export interface ProcessStory {
  readonly processId: ProcessId;
  /** Of the journal, under which the last fact was published. */
  readonly epoch: number;
  /** Facts of its node in order, as far back as `isWhole` asks for; the last one ends something. */
  readonly facts: readonly Fact[];
}

/** Where reports are published; there is one topic of them. */
const [reportTopic = ''] = topicsOfEvent('ReportReceived');

/** Facts that end spans. */
export function endsSpans({ type }: { readonly type: string }): boolean {
  return type === 'StageEntered' || type === 'ProcessEnded';
}

/** Told as events of the stage in which they happened. */
const toldTypes: ReadonlySet<FactType> = new Set<FactType>([
  'FaultJoined',
  'FaultLeft',
  'FaultTakenUp',
  'FaultCleared',
  'NodeAppeared',
  'NodeDeleted',
  'NodeRebooted',
  'MigrationRequested',
  'MigrationProgressed',
  'OrderTaken',
  'OrderRefused',
  'WorkflowChanged',
  'PersonAsked',
  'StageOverdue',
]);

/**
 * Whether these facts reach back far enough for all that the last one ends: to where its process started, or to the
 * stage before it and to where each command was issued that was settled since.
 */
export function isWhole({ facts, processId }: Pick<ProcessStory, 'facts' | 'processId'>): boolean {
  const own = facts.filter((fact) => fact.processId === processId);
  if (own.some(({ type }) => type === 'ProcessStarted')) return true;
  const latest = latestStage(own);
  return latest !== undefined && settledSince(own, latest).every((fact) => issueOf(own, fact) !== undefined);
}

/**
 * Spans that the last fact ends, each ended by exactly one fact: the stage before it; commands that were settled during
 * that stage; with the process' end the process itself and the record of its outcome. Pure: the same facts give the same spans.
 */
export function spansEnded(story: ProcessStory): readonly Span[] {
  const own = story.facts.filter((fact) => fact.processId === story.processId);
  const last = own.at(-1);
  const stage = latestStage(own);
  if (last === undefined) return [];
  const during = stage === undefined ? [] : [stageSpan(story, stage, last)];
  const commands = settledSince(own, stage).flatMap((fact) => commandSpan(story, own, fact));
  return [...during, ...commands, ...(last.type === 'ProcessEnded' ? processSpans(story, last) : [])];
}

/** The stage that the last fact leaves. */
function latestStage(own: readonly Fact[]): Fact | undefined {
  return own.slice(0, -1).findLast(({ type }) => type === 'StageEntered');
}

function settledSince(own: readonly Fact[], stage: Fact | undefined): readonly Fact[] {
  return own.filter(({ type, version }) => type === 'CommandSettled' && version > (stage?.version ?? 0));
}

/** The fact with which the command was issued that this one settles. */
function issueOf(own: readonly Fact[], settled: Fact): Fact | undefined {
  const id = settled.data['commandId'];
  return own.find(({ data }) => objectsOf(data['commands']).some((command) => command['id'] === id));
}

function stageSpan(story: ProcessStory, stage: Fact, end: Fact): Span {
  const isDuring = ({ version }: Fact): boolean => version > stage.version && version <= end.version;
  const isOurs = ({ processId }: Fact): boolean => processId === undefined || processId === story.processId;
  const told = story.facts.filter((fact) => toldTypes.has(fact.type) && isDuring(fact) && isOurs(fact));
  return {
    ...common(story, stage),
    spanId: spanOfFact(story, stage),
    parentSpanId: rootOf(story),
    name: `stage ${textOf(stage.data['stage'])}`,
    endedAt: end.at,
    attributes: { ...attributesOf(story, stage), ...known(stage.data, { stage: 'faultline.stage' }) },
    events: told.map((fact) => ({ name: fact.type, at: fact.at, attributes: saidBy(fact) })),
  };
}

function commandSpan(story: ProcessStory, own: readonly Fact[], settled: Fact): readonly Span[] {
  const issued = issueOf(own, settled);
  // Issued before the process was begun anew under a release that did not write it down: nothing says when.
  if (issued === undefined) return [];
  const stage = own.findLast(({ type, version }) => type === 'StageEntered' && version <= issued.version);
  const failed = ['failed', 'unknown'].includes(textOf(settled.data['status']));
  const names = {
    commandId: 'faultline.command.id',
    status: 'faultline.command.status',
    reason: 'faultline.command.reason',
  };
  return [
    {
      ...common(story, issued),
      spanId: spanOfFact(story, settled),
      parentSpanId: stage === undefined ? rootOf(story) : spanOfFact(story, stage),
      name: textOf(settled.data['type']),
      endedAt: settled.at,
      attributes: { ...attributesOf(story, issued), ...known(settled.data, names) },
      ...(failed ? { failure: textOf(settled.data['reason']) } : {}),
    },
  ];
}

/** A report that opened a fault of a process, as far as the process' end tells. */
interface OpeningReport {
  readonly id: string;
  readonly faultType: string;
}

function openingReports(end: Fact): readonly OpeningReport[] {
  return objectsOf(end.data['faults']).flatMap(({ openedBy, type }) =>
    typeof openedBy === 'string' ? [{ id: openedBy, faultType: textOf(type) }] : [],
  );
}

/**
 * The span that the `traceparent` of a report's record names, in the trace that begins with it: what the process links to, so
 * that the way back from an outcome ends at the report and not at a span that nobody told of.
 */
function reportSpan(story: ProcessStory, end: Fact, { id, faultType }: OpeningReport): Span {
  const startedAt = startOf(end);
  return {
    ...{ traceId: traceOf(id), spanId: spanOf(id), kind: 'producer', name: `report ${faultType}` },
    ...{ startedAt, endedAt: startedAt, events: [] },
    attributes: {
      ...attributesOf(story, end),
      'faultline.fault.type': faultType,
      'messaging.system': 'kafka',
      'messaging.destination.name': reportTopic,
    },
    links: [{ traceId: traceOf(story.processId), spanId: rootOf(story) }],
  };
}

function startOf(end: Fact): number {
  const startedAt = end.data['startedAt'];
  return typeof startedAt === 'number' ? startedAt : end.at;
}

/** The process from its start on, which led from reports to an outcome; these reports; and the outcome as others read it. */
function processSpans(story: ProcessStory, end: Fact): readonly Span[] {
  const reports = openingReports(end);
  const names = {
    outcome: 'faultline.outcome',
    faultType: 'faultline.fault.type',
    reason: 'faultline.reason',
  };
  const attributes = { ...attributesOf(story, end), ...known(end.data, names) };
  return [
    ...reports.map((report) => reportSpan(story, end, report)),
    {
      ...common(story, end),
      spanId: rootOf(story),
      name: `maintenance ${textOf(end.data['workflow'])}`,
      startedAt: startOf(end),
      endedAt: end.at,
      attributes,
      links: reports.map(({ id }) => ({ traceId: traceOf(id), spanId: spanOf(id) })),
      ...(end.data['outcome'] === 'HandedToHuman' ? { failure: textOf(end.data['reason']) } : {}),
    },
    ...topicsOfEvent('ProcessEnded').map((topic) => ({
      ...common(story, end),
      spanId: spanOfFact(story, end, 'ProcessEnded'),
      parentSpanId: rootOf(story),
      name: `publish ${topic}`,
      kind: 'producer' as const,
      endedAt: end.at,
      attributes: { ...attributes, 'messaging.system': 'kafka', 'messaging.destination.name': topic },
    })),
  ];
}

function common({ processId }: ProcessStory, { at }: Fact) {
  return { traceId: traceOf(processId), kind: 'internal', startedAt: at, events: [], links: [] } as const;
}

/** The root has the id of nothing published: a process is told of by many records. */
function rootOf({ processId }: ProcessStory): string {
  return spanOf(`process ${processId}`);
}

/** The span that the `traceparent` of this fact's record names. */
function spanOfFact({ epoch }: ProcessStory, { node, version }: Fact, event?: string): string {
  return spanOf(eventIdOf(node, { epoch, version }, event));
}

function attributesOf({ processId }: ProcessStory, { node, data }: Fact): SpanAttributes {
  const { cluster, node: name } = namesOf(node);
  return {
    'k8s.cluster.name': cluster,
    'k8s.node.name': name,
    'faultline.process.id': processId,
    ...known(data, { workflow: 'faultline.workflow' }),
  };
}

/** Members that are texts or numbers, under the names given. */
function known(data: JsonObject, names: Readonly<Record<string, string>>): SpanAttributes {
  return Object.fromEntries(
    Object.entries(names).flatMap(([member, name]) => {
      const value = data[member];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

/** What a fact says in words: never pods, evidence or other large things. */
function saidBy({ data }: Fact): SpanAttributes {
  const prefix = 'faultline.';
  return known(data, { kind: `${prefix}kind`, reason: `${prefix}reason`, subject: `${prefix}subject` });
}
