import { describe, expect, it } from 'vitest';
import type { KubernetesNode } from '../../../adapters/ports/kubernetes.js';
import { maintenanceTaint } from '../../../adapters/ports/node-marks.js';
import type { ClusterName, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import { findOrphans, type OrphanSearch } from '../../../services/detector/orphans.js';

const clusterName = 'a' as ClusterName;
const dayMs = 86_400_000;

function isolated(name: string, owner: string | undefined): KubernetesNode {
  const taint = { key: maintenanceTaint, effect: 'NoSchedule' as const };
  return {
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1' },
    spec: owner === undefined ? {} : { taints: [{ ...taint, value: owner }] },
    status: { nodeInfo: { bootID: 'b1', systemUUID: 's1', osImage: 'os' } },
  };
}

/** Nodes with the owners of their taints, and the processes that the journal runs. */
function search(
  taints: Readonly<Record<string, string | undefined>>,
  processes: Readonly<Record<string, string>> = {},
  now = 0,
): OrphanSearch {
  return {
    cluster: {
      getNode: (name) => Promise.resolve({ kind: 'ok', value: isolated(name, taints[name]) } as const),
    },
    clusterName,
    installation: 'inst1',
    activeProcess: (node: NodeKey) => Promise.resolve(processes[node] as ProcessId | undefined),
    now,
  };
}

describe('the look for orphaned isolation', () => {
  it('given the journal runs the process of the taint, then the node is no orphan', async () => {
    expect(await findOrphans(search({ n1: 'inst1.p-1' }, { 'a/n1': 'p-1' }), ['n1'])).toEqual([]);
  });

  it('given no process, or another one, then it is told whose taint it is, and how many there are', async () => {
    const found = await findOrphans(search({ n1: 'inst1.p-1', n2: 'inst1.p-2' }, { 'a/n2': 'p-9' }), [
      'n1',
      'n2',
    ]);
    expect(found.map(({ node, orphan }) => [node, orphan.processId, orphan.atOnce])).toEqual([
      ['a/n1', 'p-1', 2],
      ['a/n2', 'p-2', 2],
    ]);
    expect(found[0]?.orphan).toMatchObject({ owner: 'inst1.p-1', nodeUid: 'uid-n1', bootId: 'b1' });
  });

  it("given another installation's taint, then it is no process of ours", async () => {
    const [found] = await findOrphans(search({ n1: 'other.p-1' }), ['n1']);
    expect(found?.orphan).toMatchObject({ owner: 'other.p-1' });
    expect(found?.orphan).not.toHaveProperty('processId');
  });

  it('given the taint is gone at the second look, then a process gave the node back meanwhile: no orphan', async () => {
    expect(await findOrphans(search({ n1: undefined }), ['n1'])).toEqual([]);
  });

  it('given it is found again, then it is the same orphan for a day', async () => {
    const idAt = async (now: number) =>
      (await findOrphans(search({ n1: 'inst1.p-1' }, {}, now), ['n1']))[0]?.causeId;
    expect(await idAt(dayMs - 1)).toBe(await idAt(0));
    expect(await idAt(dayMs)).not.toBe(await idAt(0));
  });
});
