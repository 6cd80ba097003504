import type { Fault, FaultType } from '../../../domain/fault.js';
import type { BootId, ReportId } from '../../../domain/identifiers.js';
import type { Report } from '../../../domain/report.js';
import { record, type Draft } from './draft.js';
import { faultData, recordOpened } from './faults.js';
import { withClear } from './flapping.js';
import { faultIdOf } from './identities.js';
import { joinProcess } from './join-process.js';
import { remembered, withoutRemembered } from './remembered.js';

/** Opens anew what was told of the boot on which the node is there now, as if it were reported at this moment. */
export function takeUpRemembered(draft: Draft, seen: BootId | undefined): void {
  if (seen === undefined || seen !== draft.state.bootId) return;
  for (const { fault } of remembered(draft.state))
    if (fault.bootId === seen && draft.state.faults[fault.type] === undefined) openAgain(draft, fault);
}

/** @returns the fault that somebody told of before its node was gone, opened anew because it is reported now */
export function takenUpBy(draft: Draft, { bootId }: Report, type: FaultType): Fault | undefined {
  const fault = draft.state.remembered?.[type]?.fault;
  if (fault === undefined || (bootId !== undefined && bootId !== fault.bootId)) return undefined;
  return openAgain(draft, fault);
}

function openAgain(draft: Draft, before: Fault): Fault {
  const { type, openedBy, sources } = before;
  const opened: Fault = {
    ...before,
    id: faultIdOf(draft.state.node, draft.state.version + 1, draft.rules),
    openedAt: draft.at,
  };
  const message = 'told on this boot before its node was gone';
  const fault = recordOpened(
    draft,
    opened,
    { source: sources[0] ?? '', message, causedBy: openedBy },
    (state) => withoutRemembered(state, type),
  );
  joinProcess(draft, fault);
  return fault;
}

/**
 * Of a fault that is over with its node its source says that it is over indeed.
 * @returns the fault; undefined: none such is remembered of this source
 */
export function forgetBy(
  draft: Draft,
  { source, id }: Report & { readonly id: ReportId },
  type: FaultType,
): Fault | undefined {
  const known = draft.state.remembered?.[type];
  if (known?.fault.sources.includes(source) !== true) return undefined;
  const { fault } = known;
  const sources = fault.sources.filter((other) => other !== source);
  record(
    draft,
    { type: 'FaultSourceCleared', data: { fault: faultData(fault), source, reportId: id } },
    (state) => {
      const left = { ...known, fault: { ...fault, sources } };
      const after =
        sources.length === 0
          ? withoutRemembered(state, type)
          : { ...state, remembered: { ...state.remembered, [type]: left } };
      return withClear(after, type, draft.at);
    },
  );
  return fault;
}
