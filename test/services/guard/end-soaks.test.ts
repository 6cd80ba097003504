import { describe, expect, it } from 'vitest';
import type { SoakingChange } from '../../../adapters/ports/change-book.js';
import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { NodeChange } from '../../../domain/change.js';
import type { ProcessId } from '../../../domain/identifiers.js';
import { endSoaks } from '../../../services/guard/end-soaks.js';
import { judgeSoak } from '../../../services/guard/judge-soak.js';
import { changeNamed } from '../../contract/journal/changes-suite.js';
import { nodeNamed } from '../../contract/journal/decisions.js';
import { TestClock } from '../../contract/journal/harness.js';
import { silentLog } from '../silent-log.js';
import { memberWith } from './asked.js';

const until = 1_000;
const said = { how: 'succeeded', by: 'deployer', message: 'new kernel', at: 400 } as const;

function soaking(given: Partial<SoakingChange> = {}, change: Partial<NodeChange> = {}): SoakingChange {
  return {
    change: changeNamed('n1', { soakMs: 600, ...change }),
    leaseUntil: 500,
    granted: { token: 7, at: 1 },
    soak: { said, until },
    ...given,
  };
}
const well = memberWith({ node: nodeNamed('n1') });
const ill: FleetMember = { ...well, unavailable: true };
const faultSince = { processId: 'p-1' as ProcessId, faultType: 'KernelDeadlock' };

describe('the soak of a change', () => {
  it.each([
    ['goes on while its time is not over', soaking(), { member: well, observedAt: 999 }, 999, undefined],
    [
      'goes on though its node is not in service yet',
      soaking(),
      { member: ill, observedAt: 999 },
      999,
      undefined,
    ],
    [
      'goes on until the fleet was observed since',
      soaking(),
      { member: well, observedAt: 999 },
      5_000,
      undefined,
    ],
    [
      'goes on while nobody observes the fleet',
      soaking(),
      { member: well, observedAt: undefined },
      5_000,
      undefined,
    ],
    ['ends well when its node is', soaking(), { member: well, observedAt: until }, until, 'succeeded'],
    [
      'ends badly when its node is not in service at its end',
      soaking(),
      { member: ill, observedAt: until },
      until,
      'regressed',
    ],
    [
      'ends badly when its node is gone',
      soaking(),
      { member: undefined, observedAt: until },
      until,
      'regressed',
    ],
    [
      'ends well when its node is gone, as it should be',
      soaking({}, { operation: 'delete-node' }),
      { member: undefined, observedAt: until },
      until,
      'succeeded',
    ],
    [
      'ends badly at the first fault',
      soaking({ faultSince }),
      { member: well, observedAt: 500 },
      500,
      'regressed',
    ],
  ] as const)('%s', (_what, change, node, now, how) => {
    expect(judgeSoak(change, node, now)?.how).toBe(how);
  });

  it('keeps what its client said, and says when it was found to be so', () => {
    expect(judgeSoak(soaking(), { member: well, observedAt: until }, 1_200)).toEqual({ ...said, at: 1_200 });
  });

  it('tells somebody when it ends badly, once though several copies look', async () => {
    const told: string[] = [];
    const counted: string[] = [];
    const ended = new Map<string, string | undefined>();
    const clock = new TestClock();
    const watch = {
      changes: {
        soaking: () => Promise.resolve([soaking({ faultSince }), soaking({}, changeNamed('n2'))]),
        endSoak: (id: string, { how, message }: { readonly how: string; readonly message?: string }) => {
          if (ended.has(id)) return Promise.resolve(false);
          ended.set(id, `${how}: ${message ?? ''}`);
          return Promise.resolve(true);
        },
      },
      inventory: { member: () => Promise.resolve(well) },
      clock,
      log: { ...silentLog, error: (_fields: object, message: string) => void told.push(message) },
      metrics: {
        changeLost: () => undefined,
        changeRegressed: (operation: string) => void counted.push(operation),
      },
    };
    const pictures = {
      of: (cluster: string) => Promise.resolve({ cluster, observedAt: clock.now(), groups: [] }),
    };
    await endSoaks(watch, pictures);
    await endSoaks(watch, pictures);
    expect([...ended]).toEqual([
      ['c-n1', 'regressed: its node has KernelDeadlock since (process p-1)'],
      ['c-n2', 'succeeded: new kernel'],
    ]);
    expect(told).toEqual([
      'deployer said that isolate of a/n1 has succeeded, but its node has KernelDeadlock since (process p-1): look whether its change is the cause before it goes on',
    ]);
    expect(counted).toEqual(['isolate']);
  });
});
