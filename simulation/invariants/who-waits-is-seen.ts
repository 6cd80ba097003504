import type { EventPayloads } from '../../schemas/event-payloads.js';
import type { Invariant } from './invariant.js';

interface Stage {
  readonly name: string;
  readonly since: number;
  /** By its own word. */
  readonly enteredAt: number;
  overdue: boolean;
}

/**
 * 4. A process that waits for a person says why and which orders it takes; one that is in a stage for longer than it may be
 * is told about. That every process ends is seen at the end of each schedule.
 * @param maximumMs longest time in one stage
 */
export function whoWaitsIsSeen(maximumMs: number): Invariant {
  const stages = new Map<string, Stage>();
  const judge = (told: EventPayloads['ProcessEvent'], at: number): string | undefined => {
    const { processId, type, data } = told;
    if (processId === null) return undefined;
    if (type === 'PersonAsked' && ((data['reason'] ?? '') === '' || !/[a-z]/.test(data['orders'] ?? '')))
      return `${processId} asks a person without a reason or without orders`;
    const before = stages.get(processId);
    if (type === 'StageOverdue' && before !== undefined) before.overdue = true;
    if (type === 'StageOverdue' && told.at - (before?.enteredAt ?? told.at) < maximumMs)
      return `${processId} is told to be overdue after ${told.at - (before?.enteredAt ?? told.at)} ms`;
    if (type === 'StageEntered')
      stages.set(processId, { name: told.stage ?? '', since: at, enteredAt: told.at, overdue: false });
    if (type === 'ProcessEnded') stages.delete(processId);
    const left = type === 'StageEntered' || type === 'ProcessEnded';
    return left && before !== undefined && !before.overdue && at - before.since > 1.5 * maximumMs
      ? `${processId} was ${before.name} for ${at - before.since} ms and nobody was told`
      : undefined;
  };
  return {
    name: 'a process that waits or takes too long is seen to do so',
    after: (happening, at) => {
      if (happening.kind !== 'published' || happening.record.repeated) return undefined;
      const told = happening.record.event.ProcessEvent;
      return told === undefined ? undefined : judge(told, at);
    },
  };
}
