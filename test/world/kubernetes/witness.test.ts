import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from './cluster.js';

const mergePatch = 'application/merge-patch+json';

describe('the request log and the disturbances', () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await TestCluster.start(['a']);
  });

  afterEach(() => cluster.server.stop());

  const cordon = (): Promise<Response> =>
    cluster.request('PATCH', '/api/v1/nodes/a', { spec: { unschedulable: true } }, mergePatch);
  const isNodePatch = (request: { readonly verb: string; readonly resource: string }): boolean =>
    request.verb === 'patch' && request.resource === 'nodes';

  it('keep each write with who, what and which object, and no reads', async () => {
    await cluster.request('GET', '/api/v1/nodes/a');
    await cordon();
    expect(cluster.server.requests).toMatchObject([
      {
        verb: 'patch',
        path: '/api/v1/nodes/a',
        resource: 'nodes',
        name: 'a',
        user: 'admin',
        userAgent: 'tests',
        body: '{"spec":{"unschedulable":true}}',
        code: 200,
        uid: cluster.node('a').metadata.uid,
        worldTime: cluster.clock.now(),
      },
    ]);
  });

  it('refuse before acting as often as was ordered', async () => {
    const answer = { kind: 'refusal', code: 429, retryAfterSeconds: 2 } as const;
    cluster.server.disturbances.order({ matches: isNodePatch, times: 1, when: 'before-acting', answer });
    const refused = await cordon();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    expect(cluster.node('a').spec?.['unschedulable']).toBeUndefined();
    expect((await cordon()).status).toBe(200);
  });

  it('refuse after acting, so that the client cannot know', async () => {
    const answer = { kind: 'refusal', code: 500 } as const;
    cluster.server.disturbances.order({ matches: isNodePatch, times: 1, when: 'after-acting', answer });
    expect((await cordon()).status).toBe(500);
    expect(cluster.node('a').spec?.['unschedulable']).toBe(true);
    expect(cluster.server.requests).toMatchObject([{ code: 500, uid: cluster.node('a').metadata.uid }]);
  });

  it('break the connection, which is logged as no answer', async () => {
    const answer = { kind: 'disconnect' } as const;
    cluster.server.disturbances.order({ matches: isNodePatch, times: 1, when: 'after-acting', answer });
    await expect(cordon()).rejects.toThrow();
    expect(cluster.server.requests).toMatchObject([{ code: 0 }]);
  });
});
