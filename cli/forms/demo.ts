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

/** What demo and simulation say of a record. */
const recordCounts = {
  rows: count,
  rowsByFate: counts(['process', 'joined', 'cancelled', 'ignored', 'dirty']),
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
    unaccountedReports: count,
    cordonedLeft: count,
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
    unaccountedReports: count,
    cordonedLeft: count,
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
