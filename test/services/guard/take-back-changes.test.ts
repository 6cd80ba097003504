import { expect, it } from 'vitest';
import type { ChangeRow } from '../../../adapters/ports/change-book.js';
import { takeBackChanges } from '../../../services/guard/take-back-changes.js';
import { TestClock } from '../../contract/journal/harness.js';
import { changeNamed } from '../../contract/journal/changes-suite.js';
import { silentLog } from '../silent-log.js';

it('given clients that fell silent, then each leave that was lost is told, and nobody who only waited', async () => {
  // given
  const rows: readonly ChangeRow[] = [
    { change: changeNamed('n1'), leaseUntil: 5, granted: { token: 7, at: 1 } },
    { change: changeNamed('n2'), leaseUntil: 5 },
  ];
  const told: unknown[] = [];
  const counted: string[] = [];
  // when
  await takeBackChanges({
    changes: { takeBack: () => Promise.resolve(rows) },
    clock: new TestClock(),
    log: { ...silentLog, error: (fields) => void told.push(fields) },
    metrics: { changeLost: (operation) => void counted.push(operation), changeRegressed: () => undefined },
  });
  // then
  expect(told).toEqual([
    {
      ...{
        change: 'c-n1',
        owner: 'deployer',
        node: 'a/n1',
        operation: 'isolate',
        reason: 'new kernel',
        token: 7,
      },
    },
  ]);
  expect(counted).toEqual(['isolate']);
});
