import { expect } from 'vitest';
import type { Answer } from '../api-client.js';
import { mergePatch } from '../api-client.js';
import {
  at,
  expectRefusal,
  leasesPath,
  text,
  type CaseContext,
  type ContractCase,
} from '../contract-case.js';

const renewTime = '2026-01-01T00:00:00.000000Z';

function leaseBody(given: CaseContext, holder: string, resourceVersion?: string): object {
  return {
    metadata: { name: given.name('l'), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { holderIdentity: holder, leaseDurationSeconds: 40, renewTime },
  };
}

function put(given: CaseContext, body: object): Promise<Answer> {
  return given.api.put(`${leasesPath}/${given.name('l')}`, body);
}

/** Leases: the strictest of the kinds about versions. */
export const leaseCases: readonly ContractCase[] = [
  {
    name: 'a lease keeps its renewal to the microsecond',
    async run(given) {
      const answer = await given.create(leasesPath, leaseBody(given, 'one'));
      expect(answer.code).toBe(201);
      expect(answer.body).toMatchObject({ kind: 'Lease', spec: { holderIdentity: 'one', renewTime } });
    },
  },
  {
    name: 'an update with the present version passes and makes a new one',
    async run(given) {
      const created = await given.create(leasesPath, leaseBody(given, 'one'));
      const version = text(created.body, 'metadata', 'resourceVersion');
      const answer = await put(given, leaseBody(given, 'two', version));
      expect(answer.code).toBe(200);
      expect(at(answer.body, 'spec', 'holderIdentity')).toBe('two');
      expect(text(answer.body, 'metadata', 'resourceVersion')).not.toBe(version);
    },
  },
  {
    name: 'an update with a stale version answers 409',
    async run(given) {
      const created = await given.create(leasesPath, leaseBody(given, 'one'));
      const version = text(created.body, 'metadata', 'resourceVersion');
      await put(given, leaseBody(given, 'two', version));
      const details = { name: given.name('l'), group: 'coordination.k8s.io', kind: 'leases' };
      expectRefusal(await put(given, leaseBody(given, 'three', version)), 409, 'Conflict', { details });
    },
  },
  {
    name: 'an update without a version answers 422',
    async run(given) {
      await given.create(leasesPath, leaseBody(given, 'one'));
      expectRefusal(await put(given, leaseBody(given, 'two')), 422, 'Invalid');
    },
  },
  {
    name: 'an update of a lease that is not there creates it',
    async run(given) {
      const answer = await put(given, leaseBody(given, 'one'));
      given.willRemove(`${leasesPath}/${given.name('l')}`);
      expect(answer.code).toBe(201);
    },
  },
  {
    name: 'an update that changes nothing keeps the version',
    async run(given) {
      const created = await given.create(leasesPath, leaseBody(given, 'one'));
      const version = text(created.body, 'metadata', 'resourceVersion');
      const answer = await put(given, leaseBody(given, 'one', version));
      expect(text(answer.body, 'metadata', 'resourceVersion')).toBe(version);
    },
  },
  {
    name: 'a merge patch renews a lease without naming a version',
    async run(given) {
      await given.create(leasesPath, leaseBody(given, 'one'));
      const spec = { renewTime: '2026-01-01T00:00:10.000000Z' };
      const answer = await given.api.patch(`${leasesPath}/${given.name('l')}`, mergePatch, { spec });
      expect(answer.code).toBe(200);
      expect(at(answer.body, 'spec')).toMatchObject({ ...spec, holderIdentity: 'one' });
    },
  },
  {
    name: 'a renewal that is no time answers 400',
    async run(given) {
      const body = { metadata: { name: given.name('l') }, spec: { renewTime: 'yesterday' } };
      expectRefusal(await given.create(leasesPath, body), 400, 'BadRequest');
    },
  },
  {
    name: 'a duration of nothing answers 422',
    async run(given) {
      const body = { metadata: { name: given.name('l') }, spec: { leaseDurationSeconds: 0 } };
      expectRefusal(await given.create(leasesPath, body), 422, 'Invalid', {
        details: { name: given.name('l'), group: 'coordination.k8s.io', kind: 'Lease' },
      });
    },
  },
  {
    name: 'another name in the body than in the path answers 400',
    async run(given) {
      await given.create(leasesPath, leaseBody(given, 'one'));
      expectRefusal(await put(given, { metadata: { name: 'other' }, spec: {} }), 400, 'BadRequest');
    },
  },
];
