import { describe, expect, it } from 'vitest';
import type { Command, CommandType } from '../../../domain/command.js';
import type { CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import { budgetsFor } from '../../../services/guard/budgets.js';
import { defaultGuardPolicy as policy } from '../../../services/guard/policy.js';

const now = Date.UTC(2026, 0, 1, 10, 0, 20);
const node = 'a/n1' as NodeKey;
const summary = { cluster: 'a', observedAt: now, size: 100, unavailableByOthers: 0 };
const member = { node, pool: 'p', zone: 'z', unavailable: false, controlPlane: false };

function command(type: 'isolateNode' | 'powerOff' | 'giveBack'): Command {
  const common = {
    id: 'c' as CommandId,
    node,
    processId: 'p-1' as ProcessId,
    stageEntry: 1,
    expected: {},
    mode: 'active',
    faultType: 'DiskFailure',
  } as const;
  return type === 'isolateNode'
    ? { ...common, type, parameters: { cordon: true, reason: 'DiskFailure' } }
    : { ...common, type, parameters: {} };
}

function capOf(
  type: CommandType & ('isolateNode' | 'powerOff'),
  fleet: Parameters<typeof budgetsFor>[2],
): number {
  const answer = budgetsFor(command(type), policy, fleet);
  if (answer.kind !== 'ask') throw new Error(answer.reason);
  return answer.budgets[0]?.cap ?? -1;
}

describe('the change guard', () => {
  it('given no inventory or an old one, when a risky command asks, then it waits', () => {
    const old = { ...summary, observedAt: now - policy.inventoryMaximumAgeMs - 1 };
    for (const stale of [undefined, old]) {
      const answer = budgetsFor(command('isolateNode'), policy, { summary: stale, member, now });
      expect(answer).toMatchObject({ kind: 'wait', reason: 'NoFreshInventory' });
      expect(answer.kind === 'wait' && answer.until > now).toBe(true);
    }
  });

  it('given no inventory, when a recovery asks, then nothing is in its way', () => {
    const answer = budgetsFor(command('giveBack'), policy, { summary: undefined, member: undefined, now });
    expect(answer).toEqual({ kind: 'ask', budgets: [], askAgainAt: {} });
  });

  it('given nodes that others keep out, when a healthy one is to be isolated, then they count', () => {
    expect(capOf('isolateNode', { summary, member, now })).toBe(10);
    expect(capOf('isolateNode', { summary: { ...summary, unavailableByOthers: 4 }, member, now })).toBe(6);
    expect(capOf('isolateNode', { summary: { ...summary, unavailableByOthers: 40 }, member, now })).toBe(0);
  });

  it('given many nodes down, when one of them is to be isolated, then repair goes on within the share', () => {
    const down = { ...member, unavailable: true };
    expect(
      capOf('isolateNode', { summary: { ...summary, unavailableByOthers: 40 }, member: down, now }),
    ).toBe(10);
  });

  it('given a tiny cluster, then one node at a time may be handled', () => {
    expect(capOf('isolateNode', { summary: { ...summary, size: 3 }, member, now })).toBe(1);
  });

  it('given an isolation, then its place is held until the return, and its rate never comes back', () => {
    const answer = budgetsFor(command('isolateNode'), policy, { summary, member, now });
    expect(answer).toMatchObject({
      kind: 'ask',
      budgets: [
        { counter: 'isolate/in-flight/a', until: 'returned' },
        { counter: 'isolate/rate/a/2026-01-01T10:00:00.000Z', cap: 60, until: 'never' },
      ],
    });
    if (answer.kind !== 'ask') return;
    expect(answer.askAgainAt['isolate/rate/a/2026-01-01T10:00:00.000Z']).toBe(Date.UTC(2026, 0, 1, 10, 1));
    expect(answer.askAgainAt['isolate/in-flight/a']).toBe(Date.UTC(2026, 0, 1, 10, 0, 30));
  });
});
