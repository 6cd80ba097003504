import { expect } from 'vitest';
import {
  at,
  eventsPath,
  expectRefusal,
  nodePath,
  nodesPath,
  podBody,
  podsPath,
  text,
  type ContractCase,
} from '../contract-case.js';

/** Creating objects: what the server adds, and what it refuses. */
export const creating: readonly ContractCase[] = [
  {
    name: 'a created node has an identity, a version and the time',
    async run(given) {
      const answer = await given.create(nodesPath, { metadata: { name: given.name('n') } });
      expect(answer.code).toBe(201);
      expect(text(answer.body, 'metadata', 'uid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(text(answer.body, 'metadata', 'resourceVersion')).toMatch(/^\d+$/);
      expect(text(answer.body, 'metadata', 'creationTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  },
  {
    name: 'a created node starts with the not-ready taint',
    async run(given) {
      const answer = await given.create(nodesPath, { metadata: { name: given.name('n') } });
      expect(at(answer.body, 'spec', 'taints')).toEqual([
        { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
      ]);
    },
  },
  {
    name: 'a created node shows what it could report as empty texts',
    async run(given) {
      const answer = await given.create(nodesPath, { metadata: { name: given.name('n') } });
      expect(at(answer.body, 'status', 'nodeInfo')).toMatchObject({
        bootID: '',
        systemUUID: '',
        osImage: '',
      });
    },
  },
  {
    name: 'a name that exists answers 409',
    async run(given) {
      await given.create(nodesPath, { metadata: { name: given.name('n') } });
      const answer = await given.api.post(nodesPath, { metadata: { name: given.name('n') } });
      expectRefusal(answer, 409, 'AlreadyExists', { details: { name: given.name('n'), kind: 'nodes' } });
    },
  },
  {
    name: 'a node name with capitals and underscores answers 422',
    async run(given) {
      const answer = await given.create(nodesPath, { metadata: { name: 'Not_A_Name' } });
      expectRefusal(answer, 422, 'Invalid', { details: { name: 'Not_A_Name', kind: 'Node' } });
      expect(at(answer.body, 'details', 'causes', '0')).toMatchObject({
        field: 'metadata.name',
        reason: 'FieldValueInvalid',
      });
    },
  },
  {
    name: 'a name of 254 characters answers 422',
    async run(given) {
      expectRefusal(await given.create(nodesPath, { metadata: { name: 'a'.repeat(254) } }), 422, 'Invalid');
    },
  },
  {
    name: 'no name at all answers 422',
    async run(given) {
      const answer = await given.create(nodesPath, { metadata: {} });
      expectRefusal(answer, 422, 'Invalid');
      expect(at(answer.body, 'details', 'causes', '0')).toMatchObject({
        field: 'metadata.name',
        reason: 'FieldValueRequired',
      });
    },
  },
  {
    name: 'a resourceVersion in a creation answers 500',
    async run(given) {
      const metadata = { name: given.name('n'), resourceVersion: '5' };
      expectRefusal(await given.create(nodesPath, { metadata }), 500, undefined);
    },
  },
  {
    name: 'another kind than the path asks for answers 400',
    async run(given) {
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: given.name('n') } };
      expectRefusal(await given.create(nodesPath, body), 400, 'BadRequest');
    },
  },
  {
    name: 'a body that is no JSON answers 400',
    async run(given) {
      expectRefusal(await given.create(nodesPath, '{no'), 400, 'BadRequest');
    },
  },
  {
    name: 'a body of plain text answers 415',
    async run(given) {
      const answer = await given.api.post(
        nodesPath,
        { metadata: { name: given.name('n') } },
        { contentType: 'text/plain' },
      );
      expectRefusal(answer, 415, 'UnsupportedMediaType');
    },
  },
  {
    name: 'a dry run answers as if, and creates nothing',
    async run(given) {
      const answer = await given.api.post(`${nodesPath}?dryRun=All`, { metadata: { name: given.name('n') } });
      expect(answer.code).toBe(201);
      expectRefusal(await given.api.get(nodePath(given.name('n'))), 404, 'NotFound');
    },
  },
  {
    name: 'a dry run of an unknown sort answers 422',
    async run(given) {
      const answer = await given.api.post(`${nodesPath}?dryRun=Some`, {
        metadata: { name: given.name('n') },
      });
      expectRefusal(answer, 422, 'Invalid');
    },
  },
  {
    name: 'generateName is completed with five characters',
    async run(given) {
      const prefix = `${given.unique}-`;
      const answer = await given.create(
        podsPath,
        podBody('', given.unique, { metadata: { name: undefined, generateName: prefix } }),
      );
      expect(answer.code).toBe(201);
      expect(text(answer.body, 'metadata', 'name')).toMatch(new RegExp(`^${prefix}[a-z0-9]{5}$`));
      expect(text(answer.body, 'metadata', 'generateName')).toBe(prefix);
    },
  },
  {
    name: 'a created pod is Pending, of generation 1, with the grace of 30 s',
    async run(given) {
      expect(await given.pod('p')).toMatchObject({
        metadata: { generation: 1, namespace: 'default' },
        spec: { terminationGracePeriodSeconds: 30, restartPolicy: 'Always' },
        status: { phase: 'Pending' },
      });
    },
  },
  {
    name: 'a created pod tolerates unreachable and not-ready nodes for 300 s',
    async run(given) {
      const pod = await given.pod('p');
      expect(at(pod, 'spec', 'tolerations')).toEqual(
        ['not-ready', 'unreachable'].map((name) => ({
          key: `node.kubernetes.io/${name}`,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        })),
      );
    },
  },
  {
    name: 'a pod without containers answers 422',
    async run(given) {
      const answer = await given.create(podsPath, { metadata: { name: given.name('p') }, spec: {} });
      expectRefusal(answer, 422, 'Invalid');
      expect(at(answer.body, 'details', 'causes', '0')).toMatchObject({
        field: 'spec.containers',
        reason: 'FieldValueRequired',
      });
    },
  },
  {
    name: 'a pod in a namespace that is not there answers 404',
    async run(given) {
      const answer = await given.api.post(
        `/api/v1/namespaces/${given.name('ns')}/pods`,
        podBody(given.name('p'), 'a'),
      );
      expectRefusal(answer, 404, 'NotFound', { details: { kind: 'namespaces', name: given.name('ns') } });
    },
  },
  {
    name: 'a pod whose body names another namespace answers 400',
    async run(given) {
      const body = podBody('', 'a', { metadata: { name: given.name('p'), namespace: 'other' } });
      expectRefusal(await given.create(podsPath, body), 400, 'BadRequest');
    },
  },
  {
    name: 'a core event about a node is kept in the default namespace',
    async run(given) {
      const body = {
        metadata: { generateName: `${given.unique}-` },
        involvedObject: { kind: 'Node', name: given.name('n') },
        reason: 'Isolated',
        message: 'taken out of service',
        type: 'Normal',
      };
      const answer = await given.create(eventsPath, body);
      expect(answer.code).toBe(201);
      expect(answer.body).toMatchObject({ kind: 'Event', reason: 'Isolated', firstTimestamp: null });
      const list = await given.api.get(
        `${eventsPath}?fieldSelector=involvedObject.name%3D${given.name('n')}`,
      );
      expect(at(list.body, 'items')).toHaveLength(1);
    },
  },
  {
    name: 'a core event about an object of another namespace answers 422',
    async run(given) {
      const involvedObject = { kind: 'Pod', name: 'p', namespace: 'other' };
      const body = { metadata: { name: given.name('e') }, involvedObject, reason: 'R', type: 'Normal' };
      expectRefusal(await given.create(eventsPath, body), 422, 'Invalid');
    },
  },
  {
    name: 'an event of events.k8s.io is taken',
    async run(given) {
      const answer = await given.create('/apis/events.k8s.io/v1/namespaces/default/events', {
        metadata: { name: given.name('e') },
        eventTime: '2026-01-01T00:00:01.000000Z',
        regarding: { kind: 'Node', name: given.name('n') },
        reason: 'Isolated',
        note: 'taken out of service',
        type: 'Normal',
        action: 'Isolate',
        reportingController: 'faultline.dev/faultline',
        reportingInstance: 'one',
      });
      expect(answer.code).toBe(201);
      expect(answer.body).toMatchObject({
        kind: 'Event',
        apiVersion: 'events.k8s.io/v1',
        reason: 'Isolated',
      });
    },
  },
  {
    name: 'an event of events.k8s.io without a time answers 422',
    async run(given) {
      const body = {
        metadata: { name: given.name('e') },
        regarding: { kind: 'Node', name: 'n' },
        reason: 'R',
        type: 'Normal',
      };
      expectRefusal(
        await given.create('/apis/events.k8s.io/v1/namespaces/default/events', body),
        422,
        'Invalid',
      );
    },
  },
];
