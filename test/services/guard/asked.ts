import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { NodeKey, ProcessId } from '../../../domain/identifiers.js';
import type { PlacedCase } from '../../../services/guard/breakers.js';
import type { PermitRequest } from '../../../domain/permit-request.js';
import type { Budget } from '../../../services/guard/policy.js';

export const now = Date.UTC(2026, 0, 1, 10, 0, 20);
export const node = 'a/n1' as NodeKey;

export function memberWith(more: Partial<FleetMember> = {}): FleetMember {
  return {
    ...{ node, pool: 'p', zone: 'z', labels: { rack: 'r1' } },
    ...{ unavailable: false, controlPlane: false },
    ...more,
  };
}

export function requestTo(
  operation: PermitRequest['operation'],
  more: Partial<PermitRequest> = {},
): PermitRequest {
  return { operation, node, owner: 'faultline', faultType: 'DiskFailure', ...more };
}

export function budgetWith(more: Partial<Budget> = {}): Budget {
  return {
    ...{ name: 'some', operations: ['isolate'], scope: { kind: 'cluster' }, where: {}, quietHours: [] },
    ...more,
  };
}

/** A new fault of a node that is named so. */
export function caseOf(
  name: string,
  { labels, ...more }: Partial<PlacedCase> & Partial<Pick<FleetMember, 'labels'>> = {},
): PlacedCase {
  const key = `a/${name}` as NodeKey;
  return {
    ...{ node: key, processId: `p-${name}` as ProcessId, stage: 'isolating' },
    ...{ faultType: 'DiskFailure', reporter: 'npd', at: now },
    member: memberWith({ node: key, ...(labels === undefined ? {} : { labels }) }),
    ...more,
  };
}
