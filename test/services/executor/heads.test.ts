import { describe, expect, it } from 'vitest';
import type { QueuedCommand } from '../../../adapters/ports/journal.js';
import type { Command } from '../../../domain/command.js';
import type { CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import { Heads } from '../../../services/executor/heads.js';

function queued(node: string): QueuedCommand {
  const command: Command = {
    id: `p-${node}.1.1` as CommandId,
    type: 'observeNode',
    parameters: {},
    node: `a/${node}` as NodeKey,
    processId: `p-${node}` as ProcessId,
    stageEntry: 1,
    expected: {},
    mode: 'active',
    faultType: 'DiskFailure',
  };
  return { command, attempts: 0, unfinishedAttempt: false, createdAt: 0 };
}

class Queue {
  reads = 0;
  heads: readonly QueuedCommand[] = [];
  issued: readonly QueuedCommand[] = [];

  justIssued(): Promise<readonly QueuedCommand[]> {
    const { issued } = this;
    this.issued = [];
    return Promise.resolve(issued);
  }

  claimable(_now: number, limit: number): Promise<readonly QueuedCommand[]> {
    this.reads += 1;
    return Promise.resolve(this.heads.slice(0, limit));
  }
}

const namesOf = (heads: readonly QueuedCommand[]): readonly string[] =>
  heads.map(({ command }) => command.node);
const nobody = new Map<NodeKey, unknown>();

describe('the heads of the queue', () => {
  it('given many, when they are taken one at a time, then the queue is read once and the order kept', async () => {
    const queue = new Queue();
    queue.heads = ['n1', 'n2', 'n3'].map(queued);
    const heads = new Heads(queue, { now: () => 0 });
    const taken = [
      ...(await heads.take(1, nobody, new Set())),
      ...(await heads.take(1, nobody, new Set())),
      ...(await heads.take(1, nobody, new Set())),
    ];
    expect(namesOf(taken)).toEqual(['a/n1', 'a/n2', 'a/n3']);
    expect(queue.reads).toBe(1);
  });

  it('given what was issued a moment ago, then that is given out first, and the queue is read at the next look', async () => {
    const queue = new Queue();
    queue.heads = ['n1', 'n2'].map(queued);
    queue.issued = [queued('n2')];
    const heads = new Heads(queue, { now: () => 0 });
    expect(namesOf(await heads.take(16, nobody, new Set()))).toEqual(['a/n2']);
    expect(queue.reads).toBe(0);
    expect(namesOf(await heads.take(16, new Map([['a/n2' as NodeKey, 0]]), new Set()))).toEqual(['a/n1']);
  });

  it('given a node under work, then none of its commands is given out, whether read before or after, and it is noted', async () => {
    const queue = new Queue();
    const held = new Set<NodeKey>();
    queue.heads = ['n1', 'n2', 'n3'].map(queued);
    const heads = new Heads(queue, { now: () => 0 });
    expect(namesOf(await heads.take(1, new Map([['a/n1' as NodeKey, 0]]), held))).toEqual(['a/n2']);
    queue.heads = [];
    expect(await heads.take(1, new Map([['a/n3' as NodeKey, 0]]), held)).toEqual([]);
    expect([...held]).toEqual(['a/n1', 'a/n3']);
  });

  it('given what was read a while ago, then it is not given out: another copy may have begun with it', async () => {
    const queue = new Queue();
    let now = 0;
    queue.heads = ['n1', 'n2'].map(queued);
    const heads = new Heads(queue, { now: () => now });
    await heads.take(1, nobody, new Set());
    now = 2_000;
    queue.heads = [];
    expect(await heads.take(1, nobody, new Set())).toEqual([]);
  });
});
