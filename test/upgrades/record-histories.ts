import type { EventLog, LogRecord } from '../../adapters/ports/event-log.js';
import { replay } from '../../domain/evolve.js';
import type { Fact } from '../../domain/fact.js';
import type { CauseId, NodeKey } from '../../domain/identifiers.js';
import { canonicalJson } from '../../domain/json.js';
import { emptyNodeState, type NodeState } from '../../domain/node-state.js';
import type { Input } from '../../domain/signal.js';
import { inputTopics } from '../../schemas/catalog.js';
import { decideBy } from '../../services/maintenance/decide/decide.js';
import type { Rules } from '../../services/maintenance/decide/draft.js';
import { decodeRecord } from '../../services/maintenance/read/decode-record.js';
import { schemaIds } from '../../simulation/parts/ports.js';
import { drawnDeviations } from '../../simulation/scheduler/deviations.js';
import type { Built } from '../../simulation/schedules/build.js';
import { run } from '../../simulation/schedules/run.js';
import { scriptOf } from '../../simulation/schedules/try-seeds.js';
import type { GoldenStep } from './golden-history.js';

/** What one node of one simulated schedule went through. */
export interface RecordedHistory {
  readonly name: string;
  readonly node: NodeKey;
  readonly rules: Rules;
  readonly steps: readonly GoldenStep[];
  readonly state: NodeState;
}

export interface RecordedSchedule {
  readonly histories: readonly RecordedHistory[];
  /** All that its log held, input or not. */
  readonly records: readonly LogRecord[];
}

/** Plays the schedule of one seed on journal and log in memory, and reads from them what was decided by what. */
export async function recordSchedule(seed: number): Promise<RecordedSchedule> {
  let built: Built | undefined;
  const options = { seed, script: scriptOf(seed), deviations: drawnDeviations(seed) };
  await run({ ...options, onBuilt: (made) => (built = made) });
  if (built === undefined) return { histories: [], records: [] };
  const { log, store, policy } = built.installation;
  const records = await recordsOf(log);
  const inputs = await inputsOf(records);
  const { epoch, id: installation } = store.installation;
  const rules = { policy, epoch, installation };
  const histories = [...store.states].flatMap(([node, state]): readonly RecordedHistory[] => {
    const facts = (store.facts.get(node) ?? []).map(({ fact }) => fact);
    const steps = stepsOf(rules, node, { facts, inputs });
    return steps === undefined ? [] : [{ name: `seed ${seed} ${node}`, node, rules, steps, state }];
  });
  return { histories, records };
}

async function recordsOf(log: EventLog): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for (const topic of [...inputTopics, ...publishedTopics]) {
    for (const { partition, low, high } of await log.bounds(topic)) {
      for await (const record of log.read(topic, partition, low, high)) records.push(record);
    }
  }
  return records;
}

const publishedTopics = [
  'fault.hardware',
  'fault.system',
  'fault.component',
  'maintenance.events',
  'maintenance.outcomes',
  'migration.requests',
  'fault.report-fates',
];

async function inputsOf(records: readonly LogRecord[]): Promise<ReadonlyMap<CauseId, Input>> {
  const inputs = new Map<CauseId, Input>();
  const clock = { now: () => 0, fromLogTime: (at: number) => at };
  for (const record of records.filter(({ topic }) => inputTopics.includes(topic))) {
    const decoded = await decodeRecord(record, { schemaIds, clock, lateAfterMs: Infinity });
    if (decoded.kind === 'input' && !inputs.has(decoded.input.causeId)) {
      inputs.set(decoded.input.causeId, decoded.input);
    }
  }
  return inputs;
}

/** Undefined: it can't be decided again from what was read, for instance because the node was parked. */
function stepsOf(
  rules: Rules,
  node: NodeKey,
  { facts, inputs }: { readonly facts: readonly Fact[]; readonly inputs: ReadonlyMap<CauseId, Input> },
): readonly GoldenStep[] | undefined {
  let state = emptyNodeState(node);
  const steps: GoldenStep[] = [];
  for (let first = 0; first < facts.length;) {
    const causeId = facts[first]?.causeId;
    const next = facts.findIndex((fact, index) => index > first && fact.causeId !== causeId);
    const end = next < 0 ? facts.length : next;
    const caused = facts.slice(first, end);
    const input = causeId === undefined ? undefined : inputs.get(causeId);
    const step = input === undefined ? undefined : stepOf(rules, state, input, caused);
    if (step === undefined) return undefined;
    steps.push(step);
    state = replay(node, caused, state);
    first = end;
  }
  return steps;
}

/** Whether a report came late is not in its record, so both are tried. */
function stepOf(
  rules: Rules,
  before: NodeState,
  input: Input,
  caused: readonly Fact[],
): GoldenStep | undefined {
  for (const tried of [input, { ...input, late: true as const }]) {
    const { facts, commands, revoke, timers } = decideBy(rules)(before, tried);
    if (canonicalJson(facts) === canonicalJson(caused))
      return { input: tried, facts, commands, revoke, timers };
  }
  return undefined;
}
