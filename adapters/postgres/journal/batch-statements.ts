import { commandCatalog, type Command } from '../../../domain/command.js';
import type { BatchEffects } from '../../journal/batch-collection.js';
import { storableText } from '../../../schemas/storable-text.js';
import { storableJson } from '../../journal/storable.js';
import { keepCauses } from './cause-statements.js';
import type { Statement } from './database.js';

/** Name of the statement that writes the commands. */
export const commandInsert = 'command-insert';

/**
 * The statements that write what a batch decided, one per table and only those that have rows: everything but the
 * outbox, revocations and the offset.
 */
export function batchStatements(
  effects: BatchEffects,
  { now, headStartMs }: { readonly now: number; readonly headStartMs: (command: Command) => number },
): readonly Statement[] {
  const causes = keepCauses(effects.facts, now);
  return [
    ...(effects.facts.length === 0 ? [] : [insertFacts(effects)]),
    ...(causes === undefined ? [] : [causes]),
    ...(effects.states.length === 0 ? [] : [updateStates(effects), deleteTimers(effects)]),
    ...(effects.timers.length === 0 ? [] : [upsertTimers(effects)]),
    ...(effects.commands.length === 0 ? [] : [insertCommands(effects.commands, now, headStartMs)]),
    ...(effects.processes.length === 0 ? [] : [upsertProcesses(effects)]),
    ...(effects.repeats.length === 0 ? [] : [addRepeats(effects)]),
  ];
}

function insertFacts({ facts, causedBy }: BatchEffects): Statement {
  return {
    name: 'fact-insert',
    text: `INSERT INTO journal.fact
        (node_key, version, type, at, cause_id, process_id, data, patch, evolve_version, caused_by, epoch)
      SELECT *, (SELECT epoch FROM journal.installation)
      FROM unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::text[], $6::text[],
        $7::jsonb[], $8::jsonb[], $9::smallint[], $10::text[])`,
    values: [
      facts.map(({ node }) => node),
      facts.map(({ version }) => version),
      facts.map(({ type }) => type),
      facts.map(({ at }) => at),
      facts.map(({ causeId }) => causeId),
      facts.map(({ processId }) => processId ?? null),
      facts.map(({ data }) => JSON.stringify(data)),
      facts.map(({ patch }) => JSON.stringify(patch)),
      facts.map(({ evolveVersion }) => evolveVersion),
      // Most follow from their input, whose id stands there already.
      facts.map(({ causeId }, index) => (causedBy[index] === causeId ? null : causedBy[index])),
    ],
  };
}

function updateStates({ states }: BatchEffects): Statement {
  return {
    name: 'state-update',
    text: `UPDATE journal.node_state AS stored SET version = decided.version, state = decided.state
      FROM unnest($1::text[], $2::integer[], $3::jsonb[]) AS decided (node_key, version, state)
      WHERE stored.node_key = decided.node_key`,
    values: [
      states.map(({ node }) => node),
      states.map(({ version }) => version),
      states.map((state) => storableJson(state)),
    ],
  };
}

/** Timers of a process or a stage that is over would only fire to be ignored. */
function deleteTimers({ states }: BatchEffects): Statement {
  return {
    name: 'timer-delete',
    text: `DELETE FROM journal.timer AS stored
      USING unnest($1::text[], $2::text[], $3::integer[]) AS present (node_key, process_id, stage_entry)
      WHERE stored.node_key = present.node_key
        AND (stored.process_id IS DISTINCT FROM present.process_id OR stored.stage_entry < present.stage_entry)`,
    values: [
      states.map(({ node }) => node),
      states.map(({ process }) => process?.id ?? null),
      states.map(({ process }) => process?.context.stageEntry ?? null),
    ],
  };
}

function upsertTimers({ timers }: BatchEffects): Statement {
  return {
    name: 'timer-upsert',
    text: `INSERT INTO journal.timer (process_id, name, node_key, stage_entry, due_at, issued_by)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::text[])
      ON CONFLICT (process_id, name) DO UPDATE
      SET node_key = excluded.node_key, stage_entry = excluded.stage_entry, due_at = excluded.due_at,
        issued_by = excluded.issued_by`,
    values: [
      timers.map(({ processId }) => processId),
      timers.map(({ name }) => name),
      timers.map(({ node }) => node),
      timers.map(({ stageEntry }) => stageEntry),
      timers.map(({ dueAt }) => dueAt),
      timers.map(({ issuedBy }) => issuedBy ?? null),
    ],
  };
}

/** Answers for each whether its node had no other open one before. */
function insertCommands(
  commands: readonly Command[],
  now: number,
  headStartMs: (command: Command) => number,
): Statement {
  return {
    name: commandInsert,
    text: `INSERT INTO journal.command (id, node_key, process_id, command, writes, status, due_at, created_at,
        head_start)
      SELECT id, node_key, process_id, command, writes, 'waiting', $6, $6, head_start
      FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::boolean[], $7::bigint[])
        WITH ORDINALITY AS issued (id, node_key, process_id, command, writes, head_start, place)
      ORDER BY place
      RETURNING id, NOT EXISTS (
        SELECT FROM journal.command AS earlier
        WHERE earlier.node_key = command.node_key AND earlier.status IN ('waiting', 'attempting')
      ) AND NOT EXISTS (
        SELECT FROM journal.parked_node AS parked WHERE parked.node_key = command.node_key
      ) AS is_alone`,
    values: [
      commands.map(({ id }) => id),
      commands.map(({ node }) => node),
      commands.map(({ processId }) => processId),
      commands.map((command) => storableJson(command)),
      commands.map(({ type }) => commandCatalog[type].writes),
      now,
      commands.map(headStartMs),
    ],
  };
}

function upsertProcesses({ processes }: BatchEffects): Statement {
  return {
    name: 'process-upsert',
    text: `INSERT INTO journal.process (process_id, node_key, workflow, fault_type, stage, started_at, ended_at,
        outcome, reason, waiting_for)
      SELECT process_id, node_key, workflow, fault_type, stage, started_at, ended_at, outcome, reason, waiting_for
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
        $8::text[], $9::text[], $10::text[])
        WITH ORDINALITY AS decided (process_id, node_key, workflow, fault_type, stage, started_at, ended_at,
          outcome, reason, waiting_for, place)
      ORDER BY place
      ON CONFLICT (process_id) DO UPDATE
      SET workflow = excluded.workflow, fault_type = excluded.fault_type, stage = excluded.stage,
        ended_at = excluded.ended_at, outcome = excluded.outcome, reason = excluded.reason,
        waiting_for = excluded.waiting_for`,
    values: [
      processes.map(({ processId }) => processId),
      processes.map(({ node }) => node),
      processes.map(({ workflow }) => workflow),
      processes.map(({ faultType }) => faultType),
      processes.map(({ stage }) => stage),
      processes.map(({ startedAt }) => startedAt),
      processes.map(({ endedAt }) => endedAt ?? null),
      processes.map(({ outcome }) => outcome ?? null),
      processes.map(({ reason }) => (reason === undefined ? null : storableText(reason))),
      processes.map(({ waitingFor }) => (waitingFor === undefined ? null : storableText(waitingFor))),
    ],
  };
}

function addRepeats({ repeats }: BatchEffects): Statement {
  return {
    name: 'repeat-add',
    text: `INSERT INTO journal.report_repeat AS stored
        (node_key, digest, type, source, fate, reason, first_at, last_at, count)
      SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::bigint[], $8::bigint[], $9::bigint[])
      ON CONFLICT (node_key, digest) DO UPDATE
      SET first_at = least(stored.first_at, excluded.first_at),
        last_at = greatest(stored.last_at, excluded.last_at), count = stored.count + excluded.count`,
    values: [
      repeats.map(({ node }) => node),
      repeats.map(({ digest }) => digest),
      repeats.map(({ type }) => storableText(type)),
      repeats.map(({ source }) => storableText(source)),
      repeats.map(({ fate }) => fate),
      repeats.map(({ reason }) => reason ?? null),
      repeats.map(({ first }) => first),
      repeats.map(({ last }) => last),
      repeats.map(({ count }) => count),
    ],
  };
}
