import { isFaultType, type Fault, type FaultType } from '../../../domain/fault.js';
import type { BootId } from '../../../domain/identifiers.js';
import type { IgnoredReason, Report, ReportFate } from '../../../domain/report.js';
import { modeOf, settleTimeMs } from '../../../workflows/policy.js';
import { record, type Draft } from './draft.js';
import {
  closeFault,
  conditionOf,
  faultData,
  isSeenOnNode,
  openFault,
  openFaults,
  sightedBy,
  takenUpAgain,
} from './faults.js';
import { isClearedByReport, markedIfFlapping, withClear } from './flapping.js';
import { joinProcess } from './join-process.js';
import { tellProcess } from './process.js';
import { isOfSuccessor, lastSighting } from './successor.js';
import { forgetBy, takenUpBy } from './take-up-remembered.js';

function decideFate(
  draft: Draft,
  report: Report,
  fate: ReportFate,
  more: { reason?: IgnoredReason; fault?: Fault } = {},
): void {
  const { process } = draft.state;
  draft.report = {
    reportId: report.id,
    node: draft.state.node,
    type: report.type,
    source: report.source,
    fate,
    ...(more.reason === undefined ? {} : { reason: more.reason }),
    ...(more.fault === undefined ? {} : { faultId: more.fault.id }),
    ...(process === undefined || fate === 'ignored' ? {} : { processId: process.id }),
    at: draft.at,
  };
}

/** Why a report speaks of a past that is over; undefined: it speaks of the present. */
function staleness(draft: Draft, report: Report): IgnoredReason | undefined {
  const { state, rules, at } = draft;
  if (report.bootId !== undefined && state.pastBootIds.includes(report.bootId)) return 'StaleBoot';
  const cleared = state.clearedSequences[report.source];
  if (
    cleared !== undefined &&
    report.sequence !== undefined &&
    report.sequence <= cleared.sequence &&
    report.bootId === cleared.bootId
  ) {
    return 'StaleSequence';
  }
  const settling = (state.lastRecoveredAt ?? -Infinity) + settleTimeMs(rules.policy, report.source);
  return report.bootId === undefined && at < settling ? 'Settling' : undefined;
}

function decideFiring(draft: Draft, report: Report, type: FaultType): void {
  const stale = staleness(draft, report);
  const isOpen = draft.state.faults[type] !== undefined;
  if (stale !== undefined && (!isOpen || stale !== 'Settling')) {
    decideFate(draft, report, 'ignored', { reason: stale });
    return;
  }
  const open = draft.state.faults[type] ?? takenUpBy(draft, report, type);
  if (open !== undefined) decideFiringAgain(draft, report, open);
  else {
    const fault = openFault(draft, type, report);
    joinProcess(draft, fault);
    decideFate(draft, report, 'opened', { fault });
  }
}

/** Only new evidence takes up a fault again that was left as it is. */
function isNewEvidence(draft: Draft, report: Report, fault: Fault): boolean {
  if (fault.left === 'withheld') {
    return modeOf(draft.rules.policy, draft.state, fault.type) === 'active';
  }
  return fault.left === 'handedOver' && report.bootId !== undefined && report.bootId !== fault.bootId;
}

/**
 * The boot that the fault outlived, by all that is known; an agent may say so once, before anybody noticed the boot. A condition
 * is looked at anyway: only what none shows has to be remembered.
 */
function outlivedBy(report: Report, { bootId, outlived }: Fault): BootId | undefined {
  const isOfAnotherBoot = bootId !== undefined && report.bootId !== undefined && report.bootId !== bootId;
  return isOfAnotherBoot && conditionOf(report).stillFiring === undefined ? report.bootId : outlived;
}

/** Kept of a report of a node that is news; the same node again is none. */
function reportedAgain({ state, at }: Draft, report: Report, fault: Fault): Fault['reportedAgain'] {
  const seen = sightedBy(report);
  const last = lastSighting(fault);
  const isOther = seen.nodeUid !== last.nodeUid || seen.bootId !== last.bootId;
  return isOther && isOfSuccessor(state, seen) ? { ...seen, at } : fault.reportedAgain;
}

/** Those who know of it otherwise than the first, with whoever says so now. */
function knownOtherwise(report: Report, fault: Fault): Fault['otherwise'] {
  const isAlike =
    isSeenOnNode({ type: fault.type, ...sightedBy(report), ...conditionOf(report) }) === isSeenOnNode(fault);
  if (isAlike || fault.otherwise?.includes(report.source) === true) return fault.otherwise;
  return [...(fault.otherwise ?? []), report.source].slice(-16);
}

/** Of a fault of which only late reports were known. */
function isSeenNow({ input }: Draft, { late }: Fault): boolean {
  return late === true && input.late !== true;
}

function decideFiringAgain(draft: Draft, report: Report, fault: Fault): void {
  const { type } = fault;
  const outlived = outlivedBy(report, fault);
  const again = reportedAgain(draft, report, fault);
  const otherwise = knownOtherwise(report, fault);
  if (isNewEvidence(draft, report, fault)) {
    record(
      draft,
      {
        type: 'FaultRecurred',
        data: { fault: faultData(fault), source: report.source, reportId: report.id },
      },
      (state) =>
        takenUpAgain(state, fault, {
          ...(report.bootId === undefined ? {} : { bootId: report.bootId }),
          ...(again === undefined ? {} : { reportedAgain: again }),
          ...conditionOf(report),
        }),
    );
    decideFate(draft, report, 'recurred', { fault });
  } else if (
    !fault.sources.includes(report.source) ||
    outlived !== fault.outlived ||
    again !== fault.reportedAgain ||
    isSeenNow(draft, fault)
  ) {
    const { late, ...seenBefore } = fault;
    const joined: Fault = {
      ...seenBefore,
      ...(late === undefined || isSeenNow(draft, fault) ? {} : { late }),
      sources: [...new Set([...fault.sources, report.source])].slice(-16),
      ...(outlived === undefined ? {} : { outlived }),
      ...(again === undefined ? {} : { reportedAgain: again }),
      ...(otherwise === undefined ? {} : { otherwise }),
    };
    const seen = markedIfFlapping(draft.state, joined, draft.at);
    record(
      draft,
      {
        type: 'FaultRecurred',
        data: { fault: faultData(fault), source: report.source, reportId: report.id },
      },
      (state) => ({ ...state, faults: { ...state.faults, [type]: seen } }),
    );
    tellFiring(draft);
    decideFate(draft, report, 'recurred', { fault });
  } else {
    tellFiring(draft);
    decideFate(draft, report, 'repeated', { fault });
  }
}

/** Repeats are news only to a process that is just making sure that all is well. */
function tellFiring(draft: Draft): void {
  if (draft.state.process?.stage === 'verifying' && draft.state.process.context.healthy > 0) {
    tellProcess(draft, { type: 'fault.firing', at: draft.at });
  }
}

function decideCleared(draft: Draft, report: Report, type: FaultType): void {
  const fault = draft.state.faults[type];
  const isPast = report.bootId !== undefined && draft.state.pastBootIds.includes(report.bootId);
  if (fault === undefined || !fault.sources.includes(report.source)) {
    const forgotten = isPast ? undefined : forgetBy(draft, report, type);
    if (forgotten === undefined) decideFate(draft, report, 'ignored', { reason: 'NotOpen' });
    else decideFate(draft, report, 'cleared', { fault: forgotten });
    return;
  }
  if (isPast) {
    decideFate(draft, report, 'ignored', { reason: 'StaleBoot' });
    return;
  }
  if (!isClearedByReport(draft.state, fault)) {
    decideFate(draft, report, 'ignored', { reason: 'Flapping', fault });
    return;
  }
  closeOrKeep(draft, report, fault);
  decideFate(draft, report, 'cleared', { fault });
}

/** The fault is over when its last source says so. */
function closeOrKeep(draft: Draft, report: Report, fault: Fault): void {
  const { type } = fault;
  const others = fault.sources.filter((source) => source !== report.source);
  if (others.length > 0) {
    record(
      draft,
      {
        type: 'FaultSourceCleared',
        data: { fault: faultData(fault), source: report.source, reportId: report.id },
      },
      (state) =>
        withClear(
          { ...state, faults: { ...state.faults, [type]: { ...fault, sources: others } } },
          type,
          draft.at,
        ),
    );
  } else {
    closeFault(draft, fault, 'Cleared', { report });
    if (openFaults(draft.state).length === 0) tellProcess(draft, { type: 'fault.cleared', at: draft.at });
  }
}

/** What a report changes. Every report gets a fate. */
export function decideReport(draft: Draft, report: Report): void {
  if (!isFaultType(report.type)) decideFate(draft, report, 'ignored', { reason: 'UnknownFaultType' });
  else if (report.status === 'firing') decideFiring(draft, report, report.type);
  else decideCleared(draft, report, report.type);
}
