import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { applyMergePatch, canonicalJson, mergeDifference, sameJson } from '../../domain/json.js';

/** JSON objects as a state holds them: no nulls anywhere. */
const value = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), tie('node'), { maxKeys: 4 }),
  ),
})).node;
const object = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), value, { maxKeys: 6 });

describe('merge patches', () => {
  it('make the state after out of the state before, whatever the two are', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(canonicalJson(applyMergePatch(before, mergeDifference(before, after)))).toBe(
          canonicalJson(after),
        );
      }),
    );
  });

  it('are empty when nothing differs', () => {
    fc.assert(
      fc.property(object, (state) => {
        expect(mergeDifference(state, structuredClone(state))).toEqual({});
      }),
    );
  });

  it('leave the given value as it is', () => {
    const before = { kept: { deep: 1 } };
    applyMergePatch(before, { kept: { deep: null } });
    expect(before).toEqual({ kept: { deep: 1 } });
  });
});

describe('sameness', () => {
  it('does not depend on the order of keys', () => {
    expect(sameJson({ a: 1, b: [1, { c: 2, d: 3 }] }, { b: [1, { d: 3, c: 2 }], a: 1 })).toBe(true);
  });

  it('depends on the order of lists, and on every value', () => {
    expect(sameJson([1, 2], [2, 1])).toBe(false);
    expect(sameJson({ a: undefined, b: 1 }, { b: 1 })).toBe(true);
    expect(sameJson({ a: 0 }, { a: false })).toBe(false);
  });
});
