import type { Cluster } from 'kafkajs';
import { protocolErrorType } from './kafka-errors.js';

interface LeaveGroup {
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
}

/**
 * Signs off a member whose consumer has crashed. KafkaJS forgets it, and the group would wait for it until its session
 * runs out (45 s) before anybody gets a record. Rejects while the coordinator can't be asked.
 */
export async function signOff(cluster: Cluster, groupId: string, memberId: string): Promise<void> {
  const coordinator: unknown = await cluster.findGroupCoordinator({ groupId });
  // Not in KafkaJS's types. Without it the group only comes back later.
  if (!canLeave(coordinator)) return;
  try {
    await coordinator.leaveGroup({ groupId, memberId });
  } catch (error) {
    if (protocolErrorType(error) !== 'UNKNOWN_MEMBER_ID') throw error;
  }
}

function canLeave(value: unknown): value is LeaveGroup {
  return (
    typeof value === 'object' &&
    value !== null &&
    'leaveGroup' in value &&
    typeof value.leaveGroup === 'function'
  );
}
