import { describe, expect, it } from 'vitest';
import { faultIdOf, processIdOf } from '../../../../services/maintenance/decide/identities.js';
import { node } from './decided-node.js';

describe('ids that a journal gives out', () => {
  it.each([
    ['a process', processIdOf],
    ['a fault', faultIdOf],
  ])(
    'name %s otherwise on another installation: an empty journal took the results of a lost one for its own (seed 469)',
    (_what, idOf) => {
      const issuers = [
        { epoch: 1, installation: 'one' },
        { epoch: 1, installation: 'other' },
        { epoch: 2, installation: 'one' },
        { epoch: 1 },
      ];
      const ids = issuers.map((issuer) => idOf(node, 7, issuer));
      expect(new Set(ids).size).toBe(issuers.length);
      expect(issuers.map((issuer) => idOf(node, 7, issuer))).toEqual(ids);
    },
  );
});
