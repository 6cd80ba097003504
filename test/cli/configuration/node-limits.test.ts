import { describe, expect, it } from 'vitest';

import { parseConfiguration } from '../../../cli/configuration/load.js';
import type { Operation } from '../../../domain/command.js';
import { faultTypes, type FaultType } from '../../../domain/fault.js';
import type { Budget } from '../../../services/guard/policy.js';

const dayMs = 86_400_000;
const byDefault = parseConfiguration('{}', 'faultline.yaml');

function ofSingleNodes(section: string): readonly Budget[] {
  const { guard } = parseConfiguration(section, 'faultline.yaml');
  return guard.policy.budgets.filter(({ scope }) => scope.kind === 'node');
}

/** How often a ladder may try a workflow with that on one day; each try isolates, and a hardware repair may switch power off. */
function triedInADay(type: FaultType, operation: Operation): number {
  const { ladders } = byDefault.policy;
  const needs: Readonly<Record<string, readonly Operation[]>> = {
    'component-restart': ['isolate'],
    reboot: ['isolate', 'power'],
    reinstall: ['isolate', 'reimage'],
    'hardware-repair': ['isolate', 'power'],
  };
  return ladders[type]
    .filter(({ workflow }) => needs[workflow]?.includes(operation))
    .reduce((sum, { attempts, perMs }) => sum + attempts * Math.max(1, dayMs / perMs), 0);
}

describe('limits of one node', () => {
  it('given a policy that says nothing of budgets, then one node is not repaired over and over: only the ladder of each fault type bounded that', () => {
    expect(ofSingleNodes('{}')).toMatchObject([
      { operations: ['power', 'reimage'], rate: { count: 10, windowMs: dayMs } },
      { operations: ['isolate'], rate: { count: 24, windowMs: dayMs } },
    ]);
  });

  it('given budgets of its own, or none, then it has those alone', () => {
    expect(ofSingleNodes('guard: {budgets: []}')).toEqual([]);
    const own = '{name: mine, operations: [power], scope: node, rate: {count: 1, per: 1h}}';
    expect(ofSingleNodes(`guard: {budgets: [${own}]}`)).toMatchObject([{ name: 'mine' }]);
  });

  it.each(ofSingleNodes('{}'))(
    '$name: the ladders of any two fault types may be gone through on one day',
    ({ operations, rate }) => {
      const tried = (type: FaultType): number =>
        operations.reduce((sum, operation) => sum + triedInADay(type, operation), 0);
      for (const one of faultTypes)
        for (const other of faultTypes)
          if (one !== other)
            expect([one, other, tried(one) + tried(other) <= (rate?.count ?? 0)]).toEqual([one, other, true]);
    },
  );
});
