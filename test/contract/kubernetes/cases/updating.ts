import { expect } from 'vitest';
import { mergePatch } from '../api-client.js';
import { at, expectRefusal, nodePath, text, type ContractCase } from '../contract-case.js';

/** Whole objects put in the place of others. */
export const updating: readonly ContractCase[] = [
  {
    name: 'an update with the version that was read passes',
    async run(given) {
      const node = await given.readyNode('n');
      const metadata = {
        name: given.name('n'),
        resourceVersion: at(node, 'metadata', 'resourceVersion'),
        labels: { a: 'b' },
      };
      const answer = await given.api.put(nodePath(given.name('n')), {
        metadata,
        spec: { unschedulable: true },
      });
      expect(answer.code).toBe(200);
      expect(answer.body).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { unschedulable: true } });
    },
  },
  {
    name: 'an update with an old version answers 409',
    async run(given) {
      const node = await given.readyNode('n');
      await given.api.patch(nodePath(given.name('n')), mergePatch, { metadata: { labels: { a: 'b' } } });
      const metadata = { name: given.name('n'), resourceVersion: at(node, 'metadata', 'resourceVersion') };
      const answer = await given.api.put(nodePath(given.name('n')), { metadata });
      expectRefusal(answer, 409, 'Conflict', { details: { name: given.name('n'), kind: 'nodes' } });
    },
  },
  {
    name: 'an update of a node without a version is the last word',
    async run(given) {
      await given.readyNode('n', { labels: { old: '1' } });
      const answer = await given.api.put(nodePath(given.name('n')), { metadata: { name: given.name('n') } });
      expect(answer.code).toBe(200);
      expect(at(answer.body, 'metadata', 'labels')).toBeUndefined();
    },
  },
  {
    name: 'an update keeps uid, creation and status',
    async run(given) {
      const node = await given.readyNode('n');
      const answer = await given.api.put(nodePath(given.name('n')), { metadata: { name: given.name('n') } });
      expect(text(answer.body, 'metadata', 'uid')).toBe(text(node, 'metadata', 'uid'));
      expect(text(answer.body, 'metadata', 'creationTimestamp')).toBe(
        text(node, 'metadata', 'creationTimestamp'),
      );
      expect(at(answer.body, 'status', 'conditions', '0', 'type')).toBe('Ready');
    },
  },
  {
    name: 'an update that names another uid answers 409',
    async run(given) {
      await given.readyNode('n');
      const answer = await given.api.put(nodePath(given.name('n')), {
        metadata: { name: given.name('n'), uid: 'other' },
      });
      expectRefusal(answer, 409, 'Conflict');
    },
  },
  {
    name: 'an update of a node that is not there answers 404',
    async run(given) {
      const answer = await given.api.put(nodePath(given.name('n')), { metadata: { name: given.name('n') } });
      expectRefusal(answer, 404, 'NotFound');
    },
  },
];
