import { describe, expect, it } from 'vitest';

import { isNodeName, parseNodeKey } from '../../domain/identifiers.js';

describe('node keys', () => {
  it.each(['a/n1', 'prod-1/ip-10-0-0-1.ec2.internal'])('takes %s', (key) => {
    expect(parseNodeKey(key)).toBeDefined();
  });

  it.each([
    '',
    'n1',
    '/n1',
    'a/',
    'A/n1',
    'a/N1',
    'a/n1/x',
    'a/-n1',
    `a/${'n'.repeat(254)}`,
    `${'a'.repeat(64)}/n1`,
  ])('refuses %j', (key) => {
    expect(parseNodeKey(key)).toBeUndefined();
  });

  it('refuses names with control characters', () => {
    expect(isNodeName('n1\n')).toBe(false);
  });
});
