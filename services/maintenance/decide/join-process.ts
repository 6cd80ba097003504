import type { Fault } from '../../../domain/fault.js';
import { record, type Draft } from './draft.js';
import { faultData, referenceTo } from './faults.js';
import { strengthOf, strengthOfFault } from './ladder.js';
import { tellProcess } from './process.js';

/** A fault that has just opened is for the process that runs, if one does; that one hears of it. */
export function joinProcess(draft: Draft, fault: Fault): void {
  const { process } = draft.state;
  if (process === undefined) return;
  record(
    draft,
    { type: 'FaultJoined', processId: process.id, data: { fault: faultData(fault) } },
    (state) => ({
      ...state,
      process: { ...process, faults: [...process.faults, referenceTo(fault)].slice(0, 32) },
    }),
  );
  const stronger = strengthOfFault(draft.rules.policy, fault.type) > strengthOf(process.workflow);
  tellProcess(draft, { type: stronger ? 'fault.stronger' : 'fault.firing', at: draft.at });
}
