import { expect } from 'vitest';
import { mergePatch } from '../api-client.js';
import { at, expectRefusal, nodePath, nodesPath, type ContractCase } from '../contract-case.js';

/** Who may ask, for what, and by which method. */
export const pathsAndAccess: readonly ContractCase[] = [
  {
    name: 'a wrong token answers 401',
    async run(given) {
      expectRefusal(await given.api.get(nodesPath, { token: 'wrong' }), 401, 'Unauthorized', {
        message: 'Unauthorized',
      });
    },
  },
  {
    name: 'no token at all answers 403',
    async run(given) {
      expectRefusal(await given.api.get(nodesPath, { token: null }), 403, 'Forbidden');
    },
  },
  {
    name: 'the health of the server is told to anybody',
    async run(given) {
      for (const path of ['/readyz', '/livez']) {
        const answer = await given.api.get(path, { token: null });
        expect([answer.code, answer.body]).toEqual([200, 'ok']);
      }
    },
  },
  {
    name: 'the version is 1.35',
    async run(given) {
      expect((await given.api.get('/version')).body).toMatchObject({ major: '1', minor: '35' });
    },
  },
  {
    name: 'a resource that is not served answers 404',
    async run(given) {
      expectRefusal(await given.api.get('/api/v1/machines'), 404, 'NotFound', {
        message: 'the server could not find the requested resource',
      });
    },
  },
  {
    name: 'a path outside of the API answers 404 in plain text',
    async run(given) {
      const answer = await given.api.get('/nothing/here');
      expect([answer.code, answer.body]).toEqual([404, '404 page not found\n']);
    },
  },
  {
    name: 'an object that is not there answers 404 with its name',
    async run(given) {
      expectRefusal(await given.api.get(nodePath(given.name('n'))), 404, 'NotFound', {
        message: `nodes "${given.name('n')}" not found`,
        details: { name: given.name('n'), kind: 'nodes' },
      });
    },
  },
  {
    name: 'an update of a collection answers 405',
    async run(given) {
      expectRefusal(await given.api.put(nodesPath, {}), 405, 'MethodNotAllowed');
    },
  },
  {
    name: 'a patch of a collection answers 405',
    async run(given) {
      expectRefusal(await given.api.patch(nodesPath, mergePatch, {}), 405, 'MethodNotAllowed');
    },
  },
  {
    name: 'a creation at a name answers 405',
    async run(given) {
      expectRefusal(await given.api.post(nodePath(given.name('n')), {}), 405, 'MethodNotAllowed');
    },
  },
  {
    name: "a review of one's own access is answered",
    async run(given) {
      const answer = await given.api.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: 'patch', resource: 'nodes' } },
      });
      expect(answer.code).toBe(201);
      expect(at(answer.body, 'status', 'allowed')).toBe(true);
    },
  },
  {
    name: 'the default and lease namespaces are there and active',
    async run(given) {
      for (const name of ['default', 'kube-system', 'kube-node-lease']) {
        const answer = await given.api.get(`/api/v1/namespaces/${name}`);
        expect(answer.body).toMatchObject({
          kind: 'Namespace',
          metadata: { name },
          status: { phase: 'Active' },
        });
      }
    },
  },
];
