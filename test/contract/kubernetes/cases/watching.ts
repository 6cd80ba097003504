import { expect } from 'vitest';
import type { WatchLine } from '../api-client.js';
import { mergePatch } from '../api-client.js';
import {
  at,
  eventsPath,
  nodePath,
  nodesPath,
  text,
  type CaseContext,
  type ContractCase,
} from '../contract-case.js';

function told(lines: readonly WatchLine[]): readonly string[] {
  return lines
    .filter((line) => line.type !== 'BOOKMARK')
    .map((line) => `${line.type} ${text(line.object, 'metadata', 'name')}`);
}

function watchOf(given: CaseContext, query: string): string {
  return `${nodesPath}?watch=true&timeoutSeconds=20&labelSelector=set%3D${given.unique}&${query}`;
}

async function label(given: CaseContext, suffix: string, labels: object): Promise<void> {
  expect(
    (await given.api.patch(nodePath(given.name(suffix)), mergePatch, { metadata: { labels } })).code,
  ).toBe(200);
}

/** Watches: from now, from a version, through selectors, and from too long ago. */
export const watching: readonly ContractCase[] = [
  {
    name: 'a watch without a version starts with what is there',
    async run(given) {
      await given.readyNode('a', { labels: { set: given.unique } });
      const lines = await given.api.watch(watchOf(given, ''), (seen) => seen.length >= 1);
      expect(told(lines)).toEqual([`ADDED ${given.name('a')}`]);
    },
  },
  {
    name: 'a watch from a version tells what happened since, in order',
    async run(given) {
      const node = await given.readyNode('a', { labels: { set: given.unique } });
      const version = text(node, 'metadata', 'resourceVersion');
      await label(given, 'a', { step: '1' });
      await label(given, 'a', { step: '2' });
      await given.api.delete(nodePath(given.name('a')));
      const lines = await given.api.watch(
        watchOf(given, `resourceVersion=${version}`),
        (seen) => seen.length >= 3,
      );
      expect(told(lines)).toEqual(
        ['MODIFIED', 'MODIFIED', 'DELETED'].map((type) => `${type} ${given.name('a')}`),
      );
      expect(at(lines[0]?.object, 'metadata', 'labels', 'step')).toBe('1');
      expect(at(lines[1]?.object, 'metadata', 'labels', 'step')).toBe('2');
    },
  },
  {
    name: 'a watch tells of what happens while it is open',
    async run(given) {
      const node = await given.readyNode('a', { labels: { set: given.unique } });
      const query = `resourceVersion=${text(node, 'metadata', 'resourceVersion')}`;
      const watched = given.api.watch(watchOf(given, query), (seen) => seen.length >= 2);
      await label(given, 'a', { step: '1' });
      await label(given, 'a', { step: '2' });
      expect(told(await watched)).toHaveLength(2);
    },
  },
  {
    name: 'the versions that a watch tells grow',
    async run(given) {
      const node = await given.readyNode('a', { labels: { set: given.unique } });
      await label(given, 'a', { step: '1' });
      await given.api.delete(nodePath(given.name('a')));
      const query = `resourceVersion=${text(node, 'metadata', 'resourceVersion')}`;
      const lines = await given.api.watch(watchOf(given, query), (seen) => seen.length >= 2);
      const versions = lines.map((line) => Number(text(line.object, 'metadata', 'resourceVersion')));
      expect(versions[0]).toBeGreaterThan(Number(text(node, 'metadata', 'resourceVersion')));
      expect(versions[1]).toBeGreaterThan(versions[0] ?? Infinity);
    },
  },
  {
    name: 'an object that ceases to match the selector is told as deleted',
    async run(given) {
      const node = await given.readyNode('a', { labels: { set: given.unique } });
      await label(given, 'a', { set: 'another' });
      const query = `resourceVersion=${text(node, 'metadata', 'resourceVersion')}`;
      const lines = await given.api.watch(watchOf(given, query), (seen) => seen.length >= 1);
      expect(told(lines)).toEqual([`DELETED ${given.name('a')}`]);
    },
  },
  {
    name: 'an object that comes to match the selector is told as added',
    async run(given) {
      const node = await given.readyNode('a');
      await label(given, 'a', { set: given.unique });
      const query = `resourceVersion=${text(node, 'metadata', 'resourceVersion')}`;
      const lines = await given.api.watch(watchOf(given, query), (seen) => seen.length >= 1);
      expect(told(lines)).toEqual([`ADDED ${given.name('a')}`]);
    },
  },
  {
    name: 'a watch of one name tells of no other',
    async run(given) {
      await given.readyNode('a');
      await given.readyNode('b');
      const query = `fieldSelector=metadata.name%3D${given.name('b')}`;
      const path = `${nodesPath}?watch=true&timeoutSeconds=20&${query}`;
      expect(told(await given.api.watch(path, (seen) => seen.length >= 1))).toEqual([
        `ADDED ${given.name('b')}`,
      ]);
    },
  },
  {
    name: 'a watch ends after its timeoutSeconds',
    async run(given) {
      const path = `${nodesPath}?watch=true&timeoutSeconds=1&labelSelector=set%3D${given.unique}`;
      expect(await given.api.watch(path, () => false)).toEqual([]);
    },
  },
  {
    name: 'a watch that asks for its initial events ends them with a bookmark',
    async run(given) {
      await given.readyNode('a', { labels: { set: given.unique } });
      const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const lines = await given.api.watch(watchOf(given, query), (seen) =>
        seen.some((line) => line.type === 'BOOKMARK'),
      );
      expect(told(lines)).toEqual([`ADDED ${given.name('a')}`]);
      const last = lines.at(-1)?.object;
      expect(at(last, 'metadata', 'annotations', 'k8s.io/initial-events-end')).toBe('true');
      expect(text(last, 'metadata', 'resourceVersion')).toMatch(/^\d+$/);
    },
  },
  {
    name: 'a watch from before a compaction is told 410 and ended',
    async run(given) {
      const involvedObject = { kind: 'Node', name: given.name('n') };
      await given.create(eventsPath, {
        metadata: { name: given.name('e') },
        involvedObject,
        reason: 'R',
        type: 'Normal',
      });
      await given.server.forgetHistory();
      const path = `${eventsPath}?watch=true&timeoutSeconds=20&resourceVersion=1`;
      const lines = await given.api.watch(path, () => false);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired' },
      });
    },
  },
  {
    name: 'a watch from a version that is no number answers 500',
    async run(given) {
      const answer = await given.api.get(`${nodesPath}?watch=true&resourceVersion=soon`);
      expect(answer.code).toBe(500);
      expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: 500 });
    },
  },
];
