import { expect } from 'vitest';
import {
  at,
  eventsPath,
  expectRefusal,
  items,
  nodesPath,
  text,
  type CaseContext,
  type ContractCase,
} from '../contract-case.js';

async function threeNodes(given: CaseContext): Promise<string> {
  for (const suffix of ['a', 'b', 'c']) {
    const labels = { set: given.unique, place: suffix };
    await given.create(nodesPath, { metadata: { name: given.name(suffix), labels } });
  }
  return `labelSelector=set%3D${given.unique}`;
}

function names(list: unknown): readonly string[] {
  return items(list).map((item) => text(item, 'metadata', 'name'));
}

/** A case in which a label selector must find these of the three nodes a, b and c. */
function selects(selector: string, expected: readonly string[]): ContractCase {
  return {
    name: `the label selector "${selector}" finds ${expected.join(' and ')}`,
    async run(given) {
      await threeNodes(given);
      const all = encodeURIComponent(`set=${given.unique},${selector}`);
      const list = await given.api.get(`${nodesPath}?labelSelector=${all}`);
      expect(names(list.body)).toEqual(expected.map((suffix) => given.name(suffix)));
    },
  };
}

/** Lists: pages, selectors and what is refused. */
export const listing: readonly ContractCase[] = [
  selects('place=b', ['b']),
  selects('place!=b', ['a', 'c']),
  selects('place in (a, c)', ['a', 'c']),
  selects('place notin (a)', ['b', 'c']),
  selects('place', ['a', 'b', 'c']),
  selects('!place', []),
  {
    name: 'a list names its kind, its version and its items in order',
    async run(given) {
      const selector = await threeNodes(given);
      const list = await given.api.get(`${nodesPath}?${selector}`);
      expect(list.code).toBe(200);
      expect(list.body).toMatchObject({ kind: 'NodeList', apiVersion: 'v1' });
      expect(text(list.body, 'metadata', 'resourceVersion')).toMatch(/^\d+$/);
      expect(names(list.body)).toEqual(['a', 'b', 'c'].map((suffix) => given.name(suffix)));
    },
  },
  {
    name: 'a list in pages gives every item once',
    async run(given) {
      const selector = await threeNodes(given);
      const first = await given.api.get(`${nodesPath}?${selector}&limit=2`);
      expect(items(first.body)).toHaveLength(2);
      const token = encodeURIComponent(text(first.body, 'metadata', 'continue'));
      const second = await given.api.get(`${nodesPath}?${selector}&limit=2&continue=${token}`);
      expect(at(second.body, 'metadata', 'continue')).toBeUndefined();
      expect([...names(first.body), ...names(second.body)]).toEqual(
        ['a', 'b', 'c'].map((suffix) => given.name(suffix)),
      );
    },
  },
  {
    name: 'the pages of a list are of one version',
    async run(given) {
      const selector = await threeNodes(given);
      const first = await given.api.get(`${nodesPath}?${selector}&limit=1`);
      await given.create(nodesPath, { metadata: { name: given.name('other') } });
      const token = encodeURIComponent(text(first.body, 'metadata', 'continue'));
      const second = await given.api.get(`${nodesPath}?${selector}&continue=${token}`);
      expect(at(second.body, 'metadata', 'resourceVersion')).toBe(
        at(first.body, 'metadata', 'resourceVersion'),
      );
    },
  },
  {
    // Events are not served from a cache, so that it is etcd's answer that one sees.
    name: 'a page token from before a compaction answers 410',
    async run(given) {
      const collection = `${eventsPath}?fieldSelector=reason%3D${given.unique}&limit=1`;
      for (const suffix of ['a', 'b', 'c']) {
        const involvedObject = { kind: 'Node', name: given.name(suffix) };
        const body = {
          metadata: { name: given.name(suffix) },
          involvedObject,
          reason: given.unique,
          type: 'Normal',
        };
        expect((await given.create(eventsPath, body)).code).toBe(201);
      }
      const first = await given.api.get(collection);
      await given.create(nodesPath, { metadata: { name: given.name('other') } });
      await given.server.forgetHistory();
      const token = encodeURIComponent(text(first.body, 'metadata', 'continue'));
      expectRefusal(await given.api.get(`${collection}&continue=${token}`), 410, 'Expired');
    },
  },
  {
    name: 'a page token that is none answers 400',
    async run(given) {
      expectRefusal(await given.api.get(`${nodesPath}?limit=1&continue=nonsense`), 400, 'BadRequest');
    },
  },
  {
    name: 'a limit that is no number answers 400',
    async run(given) {
      expectRefusal(await given.api.get(`${nodesPath}?limit=some`), 400, 'BadRequest');
    },
  },
  {
    name: 'a label selector that is none answers 400',
    async run(given) {
      expectRefusal(await given.api.get(`${nodesPath}?labelSelector=a%20b%20c`), 400, 'BadRequest');
    },
  },
  {
    name: 'a field that cannot be selected by answers 400',
    async run(given) {
      expectRefusal(await given.api.get(`${nodesPath}?fieldSelector=spec.colour%3Dred`), 400, 'BadRequest');
    },
  },
  {
    name: 'the field selector metadata.name finds one object',
    async run(given) {
      await threeNodes(given);
      const list = await given.api.get(`${nodesPath}?fieldSelector=metadata.name%3D${given.name('b')}`);
      expect(names(list.body)).toEqual([given.name('b')]);
    },
  },
  {
    name: 'the nodes that are cordoned are found by a field',
    async run(given) {
      await given.readyNode('a', { labels: { set: given.unique }, spec: { unschedulable: true } });
      await given.readyNode('b', { labels: { set: given.unique } });
      const list = await given.api.get(
        `${nodesPath}?labelSelector=set%3D${given.unique}&fieldSelector=spec.unschedulable%3Dtrue`,
      );
      expect(names(list.body)).toEqual([given.name('a')]);
    },
  },
  {
    name: 'a list of the future answers 504 with a time to try again',
    async run(given) {
      const answer = await given.api.get(`${nodesPath}?resourceVersion=9999999999`);
      expectRefusal(answer, 504, 'Timeout');
      expect(at(answer.body, 'details', 'causes', '0', 'reason')).toBe('ResourceVersionTooLarge');
    },
  },
  {
    name: 'an empty list has no items but is a list',
    async run(given) {
      const list = await given.api.get(`${eventsPath}?fieldSelector=involvedObject.name%3D${given.unique}`);
      expect(list.body).toMatchObject({ kind: 'EventList', items: [] });
    },
  },
];
