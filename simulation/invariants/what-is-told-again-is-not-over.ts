import type { EventPayloads } from '../../schemas/event-payloads.js';
import type { Happening } from '../world/happening.js';
import type { Invariant } from './invariant.js';

type Told = EventPayloads['ProcessEvent'];

/** An open fault: on which boot it was reported first, and on which again. */
interface Standing {
  readonly openedOn: string | undefined;
  readonly againOn?: string | undefined;
}

/**
 * 5, continued. What no condition shows is over only when whoever told of it says so, or not again: a process has not
 * recovered a fault that was reported once more on the boot that its looks saw, before it went on to give the node back.
 */
export function whatIsToldAgainIsNotOver(): Invariant {
  /** Boots of reports; undefined: it names none, or a condition shows it. */
  const bootOf = new Map<string, string | undefined>();
  const standing = new Map<string, Standing>();
  const looked = new Map<string, string | undefined>();
  const tooSoon = new Map<string, string>();
  const noteFault = (told: Told): void => {
    const fault = faultOf(told);
    const key = `${told.cluster}/${told.node} ${fault.type}`;
    const boot = bootOf.get(told.data['reportId'] ?? '');
    const before = standing.get(key);
    if (told.type === 'FaultOpened' || (told.type === 'FaultRecurred' && fault.left !== undefined))
      standing.set(key, { openedOn: fault.bootId });
    else if (told.type === 'FaultRecurred' && before?.openedOn !== undefined && boot !== undefined)
      standing.set(key, boot === before.openedOn ? before : { ...before, againOn: boot });
    else if (told.type === 'FaultCleared' || told.type === 'FaultLeft') standing.delete(key);
  };
  const note = (told: Told): void => {
    if (told.type.startsWith('Fault')) noteFault(told);
    const { processId, cluster, node } = told;
    if (told.type !== 'StageEntered' || told.stage !== 'returning' || processId === null) return;
    const boot = looked.get(processId);
    // It may have been on its way back before, and have been called off.
    tooSoon.delete(processId);
    for (const [key, { againOn }] of standing)
      if (key.startsWith(`${cluster}/${node} `) && againOn !== undefined && againOn === boot)
        tooSoon.set(processId, `${key} on ${againOn}`);
  };
  const onPublished = ({ event }: Extract<Happening, { readonly kind: 'published' }>['record']) => {
    const { ReportReceived: report, ProcessEvent: told, ProcessEnded: ended } = event;
    if (report !== undefined && report.evidence?.['condition'] === undefined)
      bootOf.set(report.reportId, report.bootId ?? undefined);
    if (told !== undefined) note(told);
    const why = ended?.outcome === 'RECOVERED' ? tooSoon.get(ended.processId) : undefined;
    return why === undefined ? undefined : `${ended?.processId ?? ''} recovered what was told again: ${why}`;
  };
  return {
    name: 'a fault that was told again on this boot is not recovered',
    after: (happening) => {
      if (happening.kind === 'let go' && happening.result?.commandType === 'observeNode') {
        const { processId, detail } = happening.result;
        looked.set(processId, detail.observation?.bootId);
      }
      if (happening.kind !== 'published' || happening.record.repeated) return undefined;
      return onPublished(happening.record);
    },
  };
}

function faultOf({ data }: Told): {
  readonly type: string;
  readonly bootId?: string;
  readonly left?: string;
} {
  return JSON.parse(data['fault'] ?? '{"type":""}') as ReturnType<typeof faultOf>;
}
