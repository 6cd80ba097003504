import type { Registry } from 'prom-client';

import { FigureGauge, greatest, sum } from './figure-gauge.js';

/** Every gauge of what journal and log hold. Ages are 0 where there is nothing. */
export function figureGauges(registry: Registry) {
  const count = <Label extends string>(name: string, help: string, labels: readonly Label[]) =>
    new FigureGauge(registry, { name: `faultline_${name}`, help, labels }, sum);
  const age = <Label extends string>(name: string, help: string, labels: readonly Label[]) =>
    new FigureGauge(registry, { name: `faultline_${name}_seconds`, help, labels }, greatest);
  return {
    epoch: count('journal_epoch', 'Epoch of the journal; it rises when a journal was restored.', []),
    logEpoch: count('log_epoch', 'Epoch of the event log; it rises when another log was taken into use.', []),
    paused: count('journal_paused', '1 while a new epoch waits until everything was observed.', []),
    processes: count('processes_active', 'Maintenance processes that are not over.', [
      'cluster',
      'workflow',
      'stage',
    ]),
    stageAge: age(
      'process_stage_oldest',
      'How long the process has been in its stage that is there longest.',
      ['cluster', 'workflow', 'stage'],
    ),
    waiting: count('processes_waiting_for_person', 'Processes that ask a person.', ['cluster']),
    waitingAge: age('process_waiting_for_person_oldest', 'How long a person has been asked.', ['cluster']),
    isolated: count('nodes_isolated', 'Nodes that Faultline keeps out of service.', ['cluster']),
    pauses: count(
      'guard_pauses',
      'Pauses of the change guard: freezes of people, incidents and regressions that ask a person, denied ones, rollouts under way.',
      ['kind'],
    ),
    pauseAge: age('guard_pause_oldest', 'How long the oldest of these pauses has been in force.', ['kind']),
    parked: count('nodes_parked', 'Nodes whose inputs can not be processed and wait.', ['cluster', 'kind']),
    parkedAge: age('node_parked_oldest', 'How long a node has been parked.', ['cluster', 'kind']),
    commands: count('commands_open', 'Commands without a result, by state and why they wait.', [
      'cluster',
      'command',
      'state',
      'reason',
    ]),
    commandAge: age('command_open_oldest', 'How long ago the oldest open command was issued.', [
      'cluster',
      'command',
      'state',
      'reason',
    ]),
    permits: count('permits_in_force', 'Permits of the change guard that are held.', [
      'cluster',
      'operation',
    ]),
    inventoryAge: age('inventory_age', 'How long ago a cluster was looked at; too old means no permits.', [
      'cluster',
    ]),
    outboxEntries: count(
      'outbox_unsent_entries',
      'Decided and not yet published; counted up to 100,001.',
      [],
    ),
    outboxAge: age('outbox_oldest', 'How long the oldest unsent entry has been waiting.', []),
    archivedFacts: count('facts_archived', 'Facts that lie in archive files.', []),
    archiveAge: age('archive_run_age', 'How long ago a run of the archive last came to its end.', []),
    lag: count('consumer_lag_records', 'Records that a group has not decided yet.', [
      'group',
      'topic',
      'partition',
    ]),
    undecidedAge: age('input_undecided_oldest', 'How long the oldest undecided record has been there.', [
      'group',
      'topic',
      'partition',
    ]),
    deadLetters: count('dead_letters', 'Dead letters that nobody has tried again or dropped.', ['topic']),
  };
}
