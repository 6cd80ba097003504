import { describe, it } from 'vitest';
import type { NodeObservation } from '../../domain/command.js';
import type { BootId, MachineId, NodeUid } from '../../domain/identifiers.js';
import type { WorkflowEvent } from '../../workflows/events.js';
import { asked, done, emptied, failed, observed, order, result, timer, unknown } from './events.js';
import { recipe, workflowSpec } from './workflow-spec.js';

const machine = 'machine-1' as MachineId;
const { given } = workflowSpec('reinstall', { recipe: { ...recipe, image: 'image-7' } });
const isolated = done('isolateNode', { observation: observed({ machineId: machine, image: 'image-6' }) });
const reimaging = [isolated, asked, timer('workload-check'), emptied];
const booting = [...reimaging, done('reimage'), timer('boot-check')];
/** What the node says of itself after its machine was reimaged. */
const seen = (overrides: Partial<NodeObservation> = {}): WorkflowEvent => {
  const fresh = { bootId: 'boot-2' as BootId, machineId: machine, image: 'image-7' };
  return done('observeNode', { observation: observed({ ...fresh, ...overrides }) });
};
const registeredAnew = seen({ nodeUid: 'u2' as NodeUid });

describe('reinstall', () => {
  it('writes a new image only when the workload is observed to be gone', () => {
    given(isolated, asked, timer('workload-check'))
      .when(emptied)
      .then({ stage: 'reimaging', commands: ['reimage'] });
  });

  it('waits for the machine to come back once it is said to be reimaged', () => {
    given(...reimaging)
      .when(done('reimage'))
      .then({ stage: 'booting', timers: ['boot-check', 'boot-deadline'] });
  });

  it('verifies the node that the machine has registered anew, on its new boot', () => {
    given(...booting)
      .when(registeredAnew)
      .then({
        stage: 'verifying',
        commands: ['observeNode'],
        context: {
          expected: { nodeUid: 'u2' as NodeUid, bootId: 'boot-2' as BootId, machineId: machine },
        },
      });
  });

  it('gives the node back after it was seen well as often as asked', () => {
    given(...booting, registeredAnew, registeredAnew, timer('verify-check'))
      .when(registeredAnew)
      .then({ stage: 'returning', commands: ['giveBack'] });
  });

  it('ends as recovered when the node was given back', () => {
    given(...booting, registeredAnew, registeredAnew, timer('verify-check'), registeredAnew)
      .when(done('giveBack', { observation: observed() }))
      .then({ stage: 'recovered' });
  });

  it('isolates the node again when it came back as another object', () => {
    given(...booting)
      .when({ type: 'node.recreated', at: 1_000, nodeUid: 'u2' as NodeUid })
      .then({ stage: 'isolatingAgain', commands: ['isolateNode'] });
  });

  it('looks on while the machine is still on the boot from before', () => {
    given(...booting)
      .when(seen({ bootId: 'boot-1' as BootId }))
      .then({ stage: 'booting', timers: ['boot-check'] });
  });

  it('escalates when another image has booted than was asked for', () => {
    given(...booting)
      .when(seen({ image: 'image-6' }))
      .then({ stage: 'escalating' });
  });

  it('asks a person when another machine answers under the name', () => {
    given(...booting)
      .when(seen({ machineId: 'machine-2' as MachineId }))
      .then({ stage: 'waitingForPerson' });
  });

  it('escalates when the reimage was refused, and asks a person when nobody saw its end: it is never told twice', () => {
    given(...reimaging)
      .when(failed('reimage'))
      .then({ stage: 'escalating' });
    given(...reimaging)
      .when(unknown('reimage'))
      .then({ stage: 'waitingForPerson' });
  });

  it('asks a person when the node is no longer the one that was isolated', () => {
    given(...reimaging)
      .when(result('reimage', 'unneeded'))
      .then({ stage: 'waitingForPerson' });
  });

  it('verifies also when a person says that it has booted', () => {
    given(...booting)
      .when(order('skip'))
      .then({ stage: 'verifying', commands: ['observeNode'] });
  });
});
