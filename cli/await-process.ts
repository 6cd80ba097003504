import type { GuardNode } from '../services/console/forms/guard.js';
import type { ProcessDescription, ProcessItem } from '../services/console/forms/processes.js';
import { CommandFailed } from './errors.js';
import { pause } from './pause.js';
import { Patience } from './patience.js';
import type { ServerClient } from './server-client.js';
import type { Terminal } from './terminal.js';
import type { WaitingLines } from './waiting-lines.js';
import type { Condition } from './watch/condition.js';

const lookEveryMs = 500;

type Command = ProcessDescription['commands'][number];

function ofCommand({ type, status, waitingReason, waitingUntil }: Command): string {
  if (status === 'attempting') return `${type} is under way`;
  if (waitingReason === undefined) return `${type} has not begun`;
  return `${type} waits: ${waitingReason}${waitingUntil === undefined ? '' : `, asked again at ${waitingUntil}`}`;
}

/** What a process waits for: a person, leave (a budget, a line, a window, a pause), something under way, or its stage. */
export function waitingOf(process: ProcessDescription, guard: Pick<GuardNode, 'waiting'>): string {
  const { processId, waitingFor, stage, commands } = process;
  if (waitingFor !== undefined) return `${processId} waits for a person: ${waitingFor}`;
  const asked = guard.waiting.find((one) => one.processId === processId);
  if (asked !== undefined) {
    const place = asked.place === undefined ? '' : `, place ${asked.place} in line`;
    return `${processId} waits for leave to ${asked.type}: ${asked.reason}${place}`;
  }
  const open = commands.filter(({ status }) => status === 'waiting' || status === 'attempting');
  const [first] = open;
  return `${processId} is in stage ${stage}${first === undefined ? '' : `: ${ofCommand(first)}`}`;
}

export interface ProcessWait {
  readonly processId: string;
  readonly until: Condition<ProcessItem>;
  readonly lines: WaitingLines;
  /** Told each time what is waited for. */
  readonly onWaiting: (text: string) => void;
}

/**
 * Looks at a process until it is as somebody wants it, and tells what it waits for; what holds a command back is no event.
 * Resolves with undefined when it is interrupted before.
 * @throws CommandFailed Differs when it can't come any more
 */
export async function awaitProcess(
  terminal: Terminal,
  server: ServerClient,
  { processId, until, lines, onWaiting }: ProcessWait,
): Promise<ProcessDescription | undefined> {
  const patience = new Patience(terminal);
  const id = encodeURIComponent(processId);
  const look = async (): Promise<readonly [ProcessDescription, GuardNode]> => {
    const process = await server.get<ProcessDescription>(`/v1/processes/${id}`);
    const node = `${encodeURIComponent(process.cluster)}/${encodeURIComponent(process.node)}`;
    return [process, await server.get<GuardNode>(`/v1/guard/nodes/${node}`)];
  };
  while (!terminal.interrupted.aborted) {
    const [process, guard] = await patience.untilAnswered(look);
    if (until.isMet(process)) return process;
    const missed = until.missed?.(process);
    if (missed !== undefined)
      throw new CommandFailed('Differs', `${until.text} can't come any more: ${missed}`);
    const waiting = waitingOf(process, guard);
    onWaiting(waiting);
    lines.tell(waiting);
    await pause(lookEveryMs, terminal.interrupted);
  }
  return undefined;
}
