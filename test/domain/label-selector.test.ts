import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSelectorOf, LabelSelectorInvalid } from '../../domain/label-selector.js';
import { selectionOf } from '../../world/kubernetes/selectors.js';
import { nodes } from '../../world/kubernetes/resources.js';

describe('a label selector', () => {
  it.each([
    ['pool=gpu', true],
    ['pool==gpu,zone!=a', true],
    ['pool in (cpu, gpu),zone notin (a)', true],
    ['example.com/rack', true],
    ['!spare', true],
    ['spare!=yes', true],
    ['spare notin (yes)', true],
    ['pool=cpu', false],
    ['spare', false],
    ['spare=', false],
    ['empty=', true],
    ['pool in (cpu,)', false],
    ['toString', false],
  ])('%s: %s', (text, selected) => {
    const labels = { pool: 'gpu', zone: 'b', 'example.com/rack': 'r1', empty: '' };
    expect(labelSelectorOf(text).matches(labels)).toBe(selected);
  });

  it.each(['', 'pool=gpu,', 'pool is gpu', 'pool in gpu', '-pool', 'pool=a b', 'a,,b', 'pool>3'])(
    '"%s" is refused, and it is said what would do',
    (text) => {
      expect(() => labelSelectorOf(text)).toThrow(LabelSelectorInvalid);
    },
  );

  it('names what it looks at', () => {
    expect(labelSelectorOf('pool=gpu,zone in (a,b),pool!=cpu').names).toEqual(['pool', 'zone']);
  });

  it('selects what the simulated API server selects, which is held to the real one', () => {
    const name = fc.constantFrom('pool', 'zone', 'example.com/rack');
    const value = fc.constantFrom('a', 'b', 'gpu-1');
    const requirement = fc.oneof(
      fc.tuple(name, fc.constantFrom('=', '==', '!='), value).map((parts) => parts.join('')),
      fc
        .tuple(name, fc.constantFrom('in', 'notin'), fc.array(value, { minLength: 1, maxLength: 3 }))
        .map(([label, operator, values]) => `${label} ${operator} (${values.join(',')})`),
      name,
      name.map((label) => `!${label}`),
    );
    const selectors = fc.array(requirement, { minLength: 1, maxLength: 4 }).map((all) => all.join(','));
    const labelled = fc.dictionary(name, value, { noNullPrototype: true });
    fc.assert(
      fc.property(selectors, labelled, (text, labels) => {
        const { matches } = selectionOf(nodes, text, null);
        const metadata = { name: 'n1', uid: 'u', resourceVersion: '1', creationTimestamp: '', labels };
        expect(labelSelectorOf(text).matches(labels)).toBe(
          matches({ apiVersion: 'v1', kind: 'Node', metadata }),
        );
      }),
    );
  });
});
