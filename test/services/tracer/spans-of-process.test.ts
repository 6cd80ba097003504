import { beforeAll, describe, expect, it } from 'vitest';
import type { Span } from '../../../adapters/ports/spans.js';
import type { Fact } from '../../../domain/fact.js';
import type { ProcessId } from '../../../domain/identifiers.js';
import { objectsOf } from '../../../domain/json.js';
import { traceOf } from '../../../schemas/cloud-events.js';
import { readStory } from '../../../services/tracer/read-story.js';
import { endsSpans, spansEnded } from '../../../services/tracer/spans-of-process.js';
import { readHistories } from '../../upgrades/golden-history.js';
import { endedProcesses, factsOf, historyOf } from './golden-traces.js';

const { histories } = readHistories('0.1.0');
const epoch = 1;

interface Told {
  readonly processId: ProcessId;
  readonly ending: Fact;
  readonly spans: readonly Span[];
}

/** All that a tracer tells of one node, fact by fact, as it reads it from the journal. */
async function toldOf(facts: readonly Fact[]): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (const fact of facts) {
    const { processId, node, version } = fact;
    if (processId === undefined || !endsSpans(fact)) continue;
    const story = await readStory(historyOf(facts), { node, processId, ending: { epoch, version } });
    told.push({ processId, ending: fact, spans: spansEnded(story) });
  }
  return told;
}

interface Trace {
  readonly processId: ProcessId;
  /** All facts of its node. */
  readonly facts: readonly Fact[];
  readonly spans: readonly Span[];
  /** Of the reports that opened its faults, each in a trace of its own. */
  readonly reports: readonly Span[];
}

function isReport({ name }: Span): boolean {
  return name.startsWith('report ');
}

let told: readonly { readonly facts: readonly Fact[]; readonly told: readonly Told[] }[];
let traces: readonly Trace[];
beforeAll(async () => {
  told = await Promise.all(
    histories.map(factsOf).map(async (facts) => ({ facts, told: await toldOf(facts) })),
  );
  traces = told.flatMap(({ facts, told: ofNode }) =>
    endedProcesses(facts).map((processId) => {
      const all = ofNode.filter((one) => one.processId === processId).flatMap(({ spans }) => spans);
      const [reports, spans] = [all.filter(isReport), all.filter((span) => !isReport(span))];
      return { processId, facts, spans, reports };
    }),
  );
});

describe('traces of all histories that the release left', () => {
  it('tell of every stage and every settled command of a process that is over once, under one root', () => {
    expect(traces.length).toBeGreaterThan(50);
    for (const { processId, facts, spans } of traces) {
      const own = facts.filter((fact) => fact.processId === processId);
      const stages = own.filter(({ type }) => type === 'StageEntered');
      const issued = own.flatMap(({ data }) => objectsOf(data['commands']).map(({ id }) => id));
      const settled = own.filter(
        ({ type, data }) => type === 'CommandSettled' && issued.includes(data['commandId']),
      );
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
      expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceOf(processId)]));
      expect(spans.filter(({ name }) => name.startsWith('stage '))).toHaveLength(stages.length);
      expect(spans.flatMap(({ attributes }) => attributes['faultline.command.id'] ?? []).sort()).toEqual(
        settled.map(({ data }) => data['commandId']).sort(),
      );
      const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
      expect(roots.map(({ name }) => name.split(' ')[0])).toEqual(['maintenance']);
    }
  });

  it('have no span without its parent, none that ends before it begins, and none beyond its process', () => {
    for (const { spans } of traces) {
      const ids = new Set(spans.map(({ spanId }) => spanId));
      const root = spans.find(({ parentSpanId }) => parentSpanId === undefined);
      for (const { parentSpanId, startedAt, endedAt } of spans) {
        expect(parentSpanId === undefined || ids.has(parentSpanId)).toBe(true);
        expect(endedAt).toBeGreaterThanOrEqual(startedAt);
        expect(startedAt).toBeGreaterThanOrEqual(root?.startedAt ?? Infinity);
        expect(endedAt).toBeLessThanOrEqual(root?.endedAt ?? -Infinity);
      }
    }
  });

  it('are the same whether the whole history of the node was read or only what is needed', () => {
    for (const { facts, told: ofNode } of told) {
      for (const { processId, ending, spans } of ofNode) {
        const whole = facts.filter(({ version }) => version <= ending.version);
        expect(spansEnded({ processId, epoch, facts: whole })).toEqual(spans);
      }
    }
  });
});

describe('the trace of one process', () => {
  it('given a node was rebooted, then the trace leads from its report over stages and commands to the outcome', () => {
    const trace = traces.find(({ spans }) => spans.some(isRecoveredReboot));
    if (trace === undefined) throw new Error('no node recovered by a reboot');
    const { spans, facts, processId, reports } = trace;
    const root = spans.find(isRecoveredReboot);
    const start = facts.find((fact) => fact.type === 'ProcessStarted' && fact.processId === processId);
    expect(root?.links.map(({ traceId }) => traceId)).toContain(traceOf(start?.causeId ?? ''));
    const toldOf = reports.map(({ traceId, spanId }) => ({ traceId, spanId }));
    expect(toldOf.length).toBeGreaterThan(0);
    expect(toldOf).toEqual(root?.links);
    for (const { links } of reports)
      expect(links).toEqual([{ traceId: root?.traceId, spanId: root?.spanId }]);
    expect(root?.attributes).toMatchObject({ 'faultline.process.id': processId, 'k8s.cluster.name': 'a' });
    const names = spans.map(({ name }) => name);
    for (const name of ['stage isolating', 'isolateNode', 'stage verifying', 'stage returning', 'giveBack'])
      expect(names).toContain(name);
    expect(spans.at(-1)).toMatchObject({ name: 'publish maintenance.outcomes', kind: 'producer' });
  });

  it('given a person was asked, then the trace says why, and a process that ends with it has failed', () => {
    const spans = traces.flatMap((trace) => trace.spans);
    const asked = spans.flatMap(({ events }) => events.filter(({ name }) => name === 'PersonAsked'));
    expect(asked.length).toBeGreaterThan(0);
    for (const { attributes } of asked) expect(attributes['faultline.reason']).not.toBe('');
    const handed = spans.filter(
      ({ name, attributes }) =>
        name.startsWith('maintenance') && attributes['faultline.outcome'] === 'HandedToHuman',
    );
    expect(handed.length).toBeGreaterThan(0);
    for (const { failure } of handed) expect(failure ?? '').not.toBe('');
  });
});

function isRecoveredReboot({ name, attributes }: Span): boolean {
  return name === 'maintenance reboot' && attributes['faultline.outcome'] === 'Recovered';
}
