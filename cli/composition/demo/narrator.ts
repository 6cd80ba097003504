import type { ProcessEventPayload } from '../../../schemas/events/process-event.js';

/** What a watcher wants to read, by kind of fact; the rest is in the topics. */
const sentences: Readonly<Record<string, (event: ProcessEventPayload) => string | undefined>> = {
  ProcessStarted: ({ data }) =>
    `${data['faultType'] ?? 'fault'} found: ${data['workflow'] ?? 'process'} begins`,
  MigrationRequested: () => 'pods asked to move',
  StageEntered: ({ stage }) => sentenceOfStage[stage ?? ''],
  WorkflowChanged: ({ data }) =>
    `${data['from'] ?? ''} was not enough (${data['reason'] ?? ''}): ${data['to'] ?? ''}`,
  PersonAsked: ({ data }) => `asks a person: ${data['reason'] ?? ''}`,
  ProcessEnded: ({ data }) => `${data['outcome'] ?? 'ended'} (${data['reason'] ?? ''})`,
};

const sentenceOfStage: Readonly<Record<string, string>> = {
  requestingMigration: 'isolated',
  poweringOff: 'workload gone, power off',
  fencing: 'power is off, its silent workload is given up',
  repairing: 'ticket open, people repair it',
  reimaging: 'workload gone, installed anew',
  restartingComponent: 'component restarted',
  poweringOn: 'power on',
  booting: 'boots',
  verifying: 'checked',
  returning: 'well again, given back',
};

/** Tells what happens, one line per event; `write` takes the line. */
export function narrate(write: (line: string) => void): (event: ProcessEventPayload) => void {
  return (event) => {
    const sentence = sentences[event.type]?.(event);
    if (sentence === undefined) return;
    const time = new Date(event.at).toISOString().slice(0, 16).replace('T', ' ');
    write(`${time}  ${event.node}  ${sentence}`);
  };
}
