import { describe, expect, it } from 'vitest';
import type { CommandId, ProcessId } from '../../domain/identifiers.js';
import type { ProcessContext } from '../../domain/node-state.js';
import { activeVersion, advance } from '../../workflows/catalog.js';
import type { Stage } from '../../workflows/orders.js';
import {
  asked,
  cleared,
  deleted,
  done,
  emptied,
  failed,
  isolated,
  order,
  result,
  timer,
  unknown,
} from './events.js';
import { contextOf, workflowSpec } from './workflow-spec.js';

/** Under work as long as the story lasts, so that whoever settles has to wait. */
const open = [{ id: 'p-1.1.0' as CommandId, type: 'observeNode' as const }];
const { given } = workflowSpec('reboot', { open });
const poweringOff = [isolated, asked, timer('workload-check'), emptied];

describe('a process that waits for what is under way', () => {
  it.each([done('isolateNode'), unknown('isolateNode'), failed('isolateNode')])(
    'gives a node back that was said to be deleted and was isolated all the same ($type)',
    (answer) => {
      given(deleted)
        .when(answer)
        .then({
          stage: 'settling',
          context: { isolated: true, settleTo: 'cancel', cancelReason: 'NodeRecreated' },
        });
    },
  );

  it('remembers that it was isolated, and goes where it was going', () => {
    given(order('abort'))
      .when(done('isolateNode'))
      .then({ stage: 'settling', context: { isolated: true, settleTo: 'handOver' } });
  });

  it('has made the isolation of a lost process its own only when that was surely done', () => {
    const reclaims = 'p-lost00000000000' as ProcessId;
    const adopting = workflowSpec('reboot', { open, reclaims });
    adopting
      .given(order('abort'))
      .when(unknown('isolateNode'))
      .then({ stage: 'settling', context: { isolated: true, reclaims } });
    adopting
      .given(order('abort'))
      .when(done('isolateNode'))
      .then({ stage: 'settling', context: { isolated: true, reclaims: undefined } });
  });

  it.each([done('powerOff'), unknown('powerOff')])('knows that the machine may be off ($type)', (answer) => {
    given(...poweringOff, order('abort'))
      .when(answer)
      .then({ stage: 'settling', context: { poweredOff: true } });
  });

  it('knows that the machine is on again, under another boot', () => {
    given(...poweringOff, done('powerOff'), order('abort'))
      .when(done('powerOn'))
      .then({ stage: 'settling', context: { poweredOff: undefined } });
  });

  it('knows that the machine was installed anew', () => {
    workflowSpec('reinstall', { open, poweredOff: true })
      .given(...poweringOff.slice(0, 2), order('abort'))
      .when(done('reimage'))
      .then({ stage: 'settling', context: { poweredOff: undefined } });
  });
});

describe('a process that has touched nothing', () => {
  const late = workflowSpec('reboot', { fresh: undefined });

  it('is over when its fault is dismissed', () => {
    late
      .given()
      .when(order('dismiss'))
      .then({ stage: 'cancelled', context: { cancelReason: 'Dismissed' } });
  });

  it('ends when the node that it looks at is not there', () => {
    late
      .given()
      .when(result('observeNode', 'unneeded', { nodeGone: true }))
      .then({ stage: 'cancelled', context: { cancelReason: 'NodeUnknown' } });
  });

  it('asks a person when it can’t look, as in a stage of its own, and ends when the fault is cleared', () => {
    late
      .given()
      .when(failed('observeNode'))
      .then({ stage: 'waitingForPerson', context: { stageEntry: 3 } });
    late
      .given(failed('observeNode'))
      .when(cleared)
      .then({ stage: 'cancelled', context: { cancelReason: 'FaultCleared' } });
  });
});

/** Where a reboot that settles is when one more result is in. */
function settled(about: Partial<ProcessContext>): string {
  const context = contextOf({ stageEntry: 3, ...about });
  return advance('reboot', activeVersion.reboot, { stage: 'settling', context }, done('observeNode')).stage;
}

describe('where a process goes when the last result is in', () => {
  const isolatedAlready = { isolated: true };
  const ways: readonly (readonly [string, NonNullable<ProcessContext['settleTo']>, object, Stage])[] = [
    ['its node is gone', 'retire', isolatedAlready, 'retired'],
    ['its node was rebooted by others', 'isolate', isolatedAlready, 'isolating'],
    ['a stronger fault fires', 'takeOver', isolatedAlready, 'takingOver'],
    ['its fault is cleared', 'cancel', {}, 'cancelled'],
    ['its fault is cleared once it is isolated', 'cancel', isolatedAlready, 'returning'],
    ['a person aborts', 'handOver', {}, 'handedToHuman'],
    ['a person aborts once it is isolated', 'handOver', isolatedAlready, 'handingOver'],
    ['a person dismisses', 'dismiss', {}, 'cancelled'],
    ['a person dismisses once it is isolated', 'dismiss', isolatedAlready, 'verifying'],
    ['a person dismisses while it is not Ready', 'dismiss', { notReady: true }, 'verifying'],
    ['a person dismisses while it is off', 'dismiss', { poweredOff: true, isolated: true }, 'poweringOn'],
  ];

  it.each(ways)('because %s (%s)', (_, settleTo, about, stage) => {
    expect(settled({ settleTo, ...about })).toBe(stage);
  });

  it.each(ways)('and nowhere before, although %s (%s)', (_, settleTo, about) => {
    expect(settled({ settleTo, ...about, open })).toBe('settling');
  });
});
