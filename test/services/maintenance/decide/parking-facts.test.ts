import { describe, expect, it } from 'vitest';
import type { CauseId } from '../../../../domain/identifiers.js';
import type { Input } from '../../../../domain/signal.js';
import { admit, parkBy, unparkBy } from '../../../../services/maintenance/decide/parking.js';
import { activePolicy, DecidedNode, node, start } from './decided-node.js';

const rules = { policy: activePolicy, epoch: 1 };
const about = { causeId: 'c-1' as CauseId, node, at: start };
const retry: Input = { ...about, kind: 'signal', signal: { kind: 'RetryParked', reason: 'test' } };
const deleted: Input = {
  ...about,
  kind: 'signal',
  signal: { kind: 'NodeChanged', change: { change: 'deleted' } },
};
const long = 'why '.repeat(200);

describe('what is told of a parked node', () => {
  it('names its process, what could not be decided and why, in at most 500 characters', () => {
    const given = new DecidedNode();
    given.report('DiskFailure');
    const { facts, state } = parkBy(rules)(given.state, deleted, new Error(long));
    const reason = long.slice(0, 500);
    expect(facts).toMatchObject([
      {
        type: 'NodeParked',
        processId: given.process.id,
        data: { kind: 'failed', reason, attempts: 1, input: 'signal' },
      },
    ]);
    expect(state.parked).toMatchObject({ kind: 'failed', reason, attempts: 1 });
    const over = unparkBy(rules)(state, retry);
    expect(over.facts).toMatchObject([{ type: 'NodeUnparked', processId: given.process.id }]);
    expect(over.state).not.toHaveProperty('parked');
  });

  it('names no process where there is none', () => {
    const { facts, state } = parkBy(rules)(new DecidedNode().state, deleted, new Error('x'));
    expect(facts[0]).not.toHaveProperty('processId');
    expect(unparkBy(rules)(state, retry).facts[0]).not.toHaveProperty('processId');
  });

  it('has an order refused with the reason, in at most 500 characters, and parks nothing', () => {
    const given = new DecidedNode();
    given.report('DiskFailure');
    const order = { kind: 'abort', subject: 'anna', reason: 'because', processId: given.process.id } as const;
    const input: Input = { ...about, kind: 'signal', signal: { kind: 'Order', order } };
    const { facts, state } = parkBy(rules)(given.state, input, new Error(long));
    const data = { kind: 'abort', subject: 'anna', reason: 'because', refusal: long.slice(0, 500) };
    expect(facts).toMatchObject([{ type: 'OrderRefused', processId: given.process.id, data }]);
    expect(state.parked).toBeUndefined();
  });

  it('has signals that are neither order nor retry wait like reports', () => {
    const { state } = parkBy(rules)(new DecidedNode().state, deleted, new Error('x'));
    expect(admit(state, deleted)).toBe('wait');
    expect(admit(state, retry)).toBe('decide-then-take-up');
  });
});
