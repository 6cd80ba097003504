import { describe, expect, it } from 'vitest';
import { planTopics, type FoundTopic, type Permission } from '../../../adapters/kafka/topics/plan-topics.js';
import { topicSettings } from '../../../adapters/kafka/topics/topic-settings.js';

const wanted = { topic: 'fault.reports', partitions: 4, retentionMs: 1000, compacted: false };

function found(changed: Readonly<Record<string, string>> = {}, partitions = 4): FoundTopic {
  return { topic: wanted.topic, partitions, settings: { ...topicSettings(wanted), ...changed } };
}

function changesOf(topic: FoundTopic, ...allowed: readonly Permission[]) {
  const [plan] = planTopics([wanted], [topic], new Set(allowed));
  return plan?.changes.map(({ setting, is, shall, action }) => [setting, is, shall, action]);
}

describe('the plan for a topic', () => {
  it('makes what is missing, with all that the catalog says', () => {
    const [plan] = planTopics([wanted], [], new Set());
    expect(plan).toMatchObject({ topic: 'fault.reports', action: 'create' });
    expect(Object.fromEntries(plan?.changes.map(({ setting, shall }) => [setting, shall]) ?? [])).toEqual({
      partitions: '4',
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': '4194304',
      'cleanup.policy': 'delete',
      'retention.ms': '1000',
      'retention.bytes': '-1',
    });
  });

  it('is nothing for a topic that is as it should be, whatever others there are', () => {
    const other = { topic: 'of.others', partitions: 1, settings: {} };
    expect(planTopics([wanted], [other, found()], new Set())).toEqual([
      { topic: 'fault.reports', action: 'none', changes: [] },
    ]);
  });

  it.each([
    ['retention.ms', '999', '1000'],
    ['retention.bytes', '5000', '-1'],
    ['message.timestamp.type', 'CreateTime', 'LogAppendTime'],
    ['max.message.bytes', '1048588', '4194304'],
  ])('sets %s from %s to %s', (setting, is, shall) => {
    expect(changesOf(found({ [setting]: is }))).toEqual([[setting, is, shall, 'set']]);
  });

  it.each([
    ['retention.ms', '1001', '1000'],
    ['retention.ms', '-1', '1000'],
    ['cleanup.policy', 'compact', 'delete'],
  ])('changes %s from %s to %s only when told, since records may go', (setting, is, shall) => {
    const topic = found({ [setting]: is });
    expect(changesOf(topic, 'more-partitions')).toEqual([[setting, is, shall, 'withheld']]);
    expect(changesOf(topic, 'shorter-retention')).toEqual([[setting, is, shall, 'set']]);
    const [plan] = planTopics([wanted], [topic], new Set());
    expect(plan).toMatchObject({
      action: 'none',
      changes: [{ note: expect.stringContaining('--allow-shorter-retention') as unknown }],
    });
  });

  it('leaves a larger record size as it is', () => {
    expect(changesOf(found({ 'max.message.bytes': '9000000' }))).toEqual([]);
  });

  it('raises the number of partitions only when told, and says what that does to the order', () => {
    const topic = found({}, 2);
    expect(changesOf(topic, 'shorter-retention')).toEqual([['partitions', '2', '4', 'withheld']]);
    expect(changesOf(topic, 'more-partitions')).toEqual([['partitions', '2', '4', 'set']]);
    const [plan] = planTopics([wanted], [topic], new Set());
    expect(plan?.changes[0]?.note).toContain('later records may be read before their earlier ones');
  });

  it('never makes a topic smaller', () => {
    expect(changesOf(found({}, 8), 'more-partitions', 'shorter-retention')).toEqual([
      ['partitions', '8', '4', 'impossible'],
    ]);
  });
});
