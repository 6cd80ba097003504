import { describe, expect, it } from 'vitest';
import { accessRules } from '../../adapters/kafka/rights/access-rules.js';
import { catalog, inputTopics } from '../../schemas/catalog.js';
import { roles, topicsOfRole } from '../../schemas/roles.js';

const besides = { groups: ['maintenance'], history: ['faults.again'] };

describe('the roles', () => {
  it('let a subscriber write nothing and read neither inputs nor dead letters', () => {
    const { reads, writes } = topicsOfRole('subscriber');
    expect(writes).toEqual([]);
    expect(reads.filter((topic) => inputTopics.includes(topic) || topic.endsWith('.dlt'))).toEqual([]);
    expect(reads).toContain('maintenance.outcomes');
  });

  it('let nobody but Faultline write reports and signals, which would be orders of anybody', () => {
    for (const role of roles) {
      const written = topicsOfRole(role).writes.filter((topic) => topic !== 'migration.replies');
      if (role !== 'faultline') expect(written).toEqual([]);
    }
    expect(topicsOfRole('producer').writes).toEqual(['migration.replies']);
  });

  it('let Faultline and operators read all, and nobody delete a topic', () => {
    expect(topicsOfRole('operator').reads).toEqual(catalog.map(({ topic }) => topic));
    const rules = roles.flatMap((role) => accessRules({ principal: 'User:a', role }, besides));
    expect(rules.filter(({ resource, operation }) => resource === 'topic' && operation === 'Delete')).toEqual(
      [],
    );
  });

  it('give each subscriber groups of his own name', () => {
    const groups = accessRules({ principal: 'User:alice', role: 'subscriber' }, besides).filter(
      ({ resource }) => resource === 'group',
    );
    expect(groups.map(({ name, pattern }) => [name, pattern])).toEqual([
      ['alice', 'literal'],
      ['alice.', 'prefixed'],
    ]);
  });

  it('let Faultline fill a topic with what was published before, subscribers and operators read it, and producers nothing', () => {
    const onHistory = roles.map((role) =>
      accessRules({ principal: 'User:a', role }, besides)
        .filter(({ name }) => name === 'faults.again')
        .map(({ operation }) => operation),
    );
    expect(onHistory).toEqual([['Read', 'Write', 'Create', 'DescribeConfigs'], [], ['Read'], ['Read']]);
  });
});
