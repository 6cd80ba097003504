import { Type } from '@sinclair/typebox';

import { outcomes } from '../../domain/node-state.js';
import { form, part } from '../../services/console/forms/form.js';

const count = Type.Integer({ minimum: 0 });
const duration = Type.Number({ minimum: 0 });

function counts<const Name extends string>(names: readonly Name[]) {
  return Type.Unsafe<Record<Name, number>>({
    type: 'object',
    additionalProperties: false,
    required: [...names],
    properties: Object.fromEntries(names.map((name) => [name, count])),
  });
}

const unaccountedReports = Type.Integer({
  minimum: 0,
  description: 'Reports that intake has accepted, or the detector has written, and that have no fate.',
});
const cordonedLeft = Type.Integer({
  minimum: 0,
  description: 'Nodes that are isolated, or cordoned without a hold, and have no process under way.',
});

/** What demo and simulation say of a record. */
const recordCounts = {
  rows: count,
  rowsByFate: counts(['process', 'joined', 'cancelled', 'ignored', 'unhandled', 'dirty']),
  reasons: Type.Record(Type.String(), count, { description: 'How often each fate had each reason.' }),
  nodes: count,
  reports: count,
  faults: counts(['opened', 'cleared']),
  processes: counts(['started', 'ended', 'active']),
  outcomes: counts(outcomes),
};

export const demoResult = form(
  'DemoResult',
  {
    ...recordCounts,
    effects: Type.Record(Type.String(), count, {
      description: 'Counted from the request logs of the simulated API server, BMCs and webhooks.',
    }),
    timeToCordonMs: part({ p50: duration, p95: duration, p99: duration }),
    timeToRecoverMinutes: part({ p50: duration, p95: duration }),
    deadLetters: count,
    unaccountedReports,
    cordonedLeft,
  },
  'What a demo came to, counted from outside.',
);

export const simulationResult = form(
  'SimulationResult',
  {
    ...recordCounts,
    effects: Type.Record(Type.String(), count, {
      description: 'Counted from the requests that reached the simulated cluster and machines.',
    }),
    timeToRecoverMinutes: part({ p50: duration, p95: duration }),
    deadLetters: count,
    unaccountedReports,
    cordonedLeft,
    incidents: Type.Array(
      part({
        at: Type.String({ description: 'RFC 3339, of the play.' }),
        breaker: Type.String(),
        common: Type.String({ description: 'What the nodes have in common.' }),
        shared: Type.Array(Type.String(), { description: 'What else most of them share.' }),
        nodes: count,
        ended: Type.Optional(Type.String({ description: 'How, by whom and why; only when it is over.' })),
      }),
      { description: 'Nodes that failed together, as the guard told people.' },
    ),
    mostWithinAnHour: part({
      nodes: count,
      from: Type.String({ description: 'When the first of their faults began; empty when there was none.' }),
    }),
    seed: Type.Integer(),
    hash: Type.String({
      description: 'The same for the same record, seed and release: every step in order.',
    }),
    steps: count,
    virtualDays: duration,
    seconds: Type.Number({ minimum: 0, description: 'Wall time of the play.' }),
    violations: Type.Array(
      part({
        invariant: Type.String(),
        message: Type.String(),
        at: Type.Integer({ minimum: 0, description: 'ms of virtual time from the start' }),
      }),
      { description: 'What no longer held; the play ends with the first.' },
    ),
  },
  'What a record came to in virtual time, every step held against every invariant.',
);
