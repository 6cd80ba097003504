import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import type { PermitRequest } from '../../../services/guard/permit-request.js';
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
