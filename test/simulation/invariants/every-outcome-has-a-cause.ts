import type { Published } from '../world/subscriber.js';
import type { Invariant } from './invariant.js';

const longestWay = 1_000;

/** 8. From an outcome one can walk back, record by record, to a report. */
export function everyOutcomeHasACause(): Invariant {
  const records = new Map<string, Published>();
  /** Why each process began: the event that opened its leading fault. */
  const starts = new Map<string, Published>();
  const opened = new Map<string, Published>();
  const walk = (outcome: Published): string | undefined => {
    let record: Published | undefined = outcome;
    for (let steps = 0; steps < longestWay && record !== undefined; steps += 1) {
      if (record.event.ReportReceived !== undefined) return undefined;
      // What people and the detector say has no cause: the process that heard it has.
      const process: string | undefined = processOf(record) ?? processOf(outcome);
      record = causeOf(record) ?? (process === undefined ? undefined : starts.get(process));
    }
    return `no way leads from ${outcome.id} back to a report`;
  };
  const causeOf = ({ causedBy }: Published): Published | undefined =>
    causedBy === undefined ? undefined : records.get(causedBy);
  return {
    name: 'everything published carries its cause',
    after: (happening) => {
      if (happening.kind !== 'published') return undefined;
      const { record } = happening;
      if (record.id !== '') records.set(record.id, record);
      const { ProcessEvent: told, ProcessEnded: ended } = record.event;
      if (told?.type === 'FaultOpened')
        opened.set(/"id":"(f-[a-z2-7]+)"/.exec(told.data['fault'] ?? '')?.[1] ?? '', record);
      const cause = told?.type === 'ProcessStarted' ? opened.get(told.data['faultId'] ?? '') : undefined;
      if (cause !== undefined) starts.set(told?.processId ?? '', cause);
      if (ended === undefined) return undefined;
      const unknown = ended.causeReportIds.filter(
        (id) => records.get(id)?.event.ReportReceived === undefined,
      );
      return unknown.length > 0
        ? `${record.id} names reports that were never made: ${unknown.join(', ')}`
        : walk(record);
    },
  };
}

/** A command, a timer or an order names the process that it is of. */
function processOf({ process, event, causedBy }: Published): string | undefined {
  return process ?? event.Signal?.order?.processId ?? /p-[a-z2-7]{16}/.exec(causedBy ?? '')?.[0];
}
