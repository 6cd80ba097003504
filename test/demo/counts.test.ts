import { describe, expect, it } from 'vitest';

import {
  leftOutOfService,
  nodeAtTheEnd,
  type NodeAtTheEnd,
} from '../../cli/composition/demo/nodes-at-the-end.js';
import { countRecord } from '../../cli/composition/demo/record-counts.js';
import { Witness } from '../../cli/composition/demo/witness.js';
import type { DecidedReport } from '../../domain/decision.js';
import {
  nodeKey,
  type ClusterName,
  type FaultId,
  type NodeName,
  type ProcessId,
  type ReportId,
} from '../../domain/identifiers.js';
import { endedToEvent } from '../../schemas/events/process-ended.js';
import { reportToEvent } from '../../schemas/events/report-received.js';
import type { PlayedRow } from '../../world/record/played-row.js';

const names = { cluster: 'demo' as ClusterName, node: 'node-0001' as NodeName };
const node = nodeKey(names.cluster, names.node);
let heard = 0;

/** A subscriber that has heard of this report, from whomever. */
function hearReport(witness: Witness, id: string): void {
  const type = 'KernelDeadlock';
  const report = { id: id as ReportId, ...names, type, source: 'detector', status: 'firing' } as const;
  witness.take({
    topic: 'fault.reports',
    id: `e-${(heard += 1)}`,
    event: { ReportReceived: reportToEvent(report) },
  });
}

function decide(witness: Witness, id: string): void {
  const decided: DecidedReport = {
    ...{ reportId: id as ReportId, node, type: 'KernelDeadlock', source: 'detector' },
    ...{ fate: 'opened', at: 10, faultId: 'f-1' as FaultId },
  };
  witness.fates.set(id, decided);
}

function began(witness: Witness, processId: string, faultId: string): void {
  witness.handled.add(faultId);
  const process = { processId, node, startedAt: 10, leadingFault: faultId };
  witness.processes.set(processId, process);
}

const row: PlayedRow = {
  row: {
    ...{ line: 2, node: 1, startedAt: 0, fixedAt: 100 },
    ...{ category: 'Software', cause: 'Kernel', kind: 'cpu' },
  },
  machine: 'node-0001',
  type: 'KernelDeadlock',
  announcedBy: 'condition',
  ...{ shownAt: 5, seen: true, endedAt: 50, endedBy: 'itself', posts: [] },
};

function counted(witness: Witness) {
  return countRecord({ cluster: 'demo', witness, ledger: [row], dirty: [] });
}

describe('reports without a fate', () => {
  it('given the detector wrote one that nobody posted, then it is missed: only what was posted was', () => {
    const witness = new Witness(() => undefined);
    hearReport(witness, 'r-1');
    expect(counted(witness)).toMatchObject({ reports: 1, unaccountedReports: 1 });
    decide(witness, 'r-1');
    expect(counted(witness)).toMatchObject({ reports: 1, unaccountedReports: 0 });
  });
});

describe('a row whose fault opened', () => {
  it('given no process ever had to do with it, then it is unhandled: it counted as joined', () => {
    const witness = new Witness(() => undefined);
    decide(witness, 'r-1');
    const { rowsByFate, reasons } = counted(witness);
    expect(rowsByFate).toMatchObject({ unhandled: 1, joined: 0, process: 0 });
    expect(reasons).toEqual({ 'unhandled/opened': 1 });
  });

  it('given a process began with it, then that is its fate', () => {
    const witness = new Witness(() => undefined);
    decide(witness, 'r-1');
    began(witness, 'p-1', 'f-1');
    expect(counted(witness).rowsByFate).toMatchObject({ process: 1, unhandled: 0 });
  });

  it('given a process took it on, then it joined, also before that process has ended and says so', () => {
    const witness = new Witness(() => undefined);
    decide(witness, 'r-1');
    began(witness, 'p-1', 'f-0');
    expect(counted(witness).rowsByFate).toMatchObject({ joined: 1, unhandled: 0 });
    witness.take({
      topic: 'maintenance.outcomes',
      id: 'o-1',
      event: {
        ProcessEnded: endedToEvent({
          ...{ node, processId: 'p-1' as ProcessId, workflow: 'reboot', outcome: 'Recovered' },
          ...{ startedAt: 10, endedAt: 20 },
          faults: ['f-0', 'f-1'].map((id) => ({ id, type: 'KernelDeadlock', openedBy: 'r-1' as ReportId })),
        }),
      },
    });
    expect(counted(witness).rowsByFate).toMatchObject({ joined: 1, unhandled: 0 });
  });
});

describe('nodes that are left out of service', () => {
  const inService: NodeAtTheEnd = { node, isolation: undefined, cordoned: false, held: false };

  function left(about: Partial<NodeAtTheEnd>, active?: string): number {
    const witness = new Witness(() => undefined);
    if (active !== undefined) began(witness, active, 'f-1');
    return leftOutOfService([{ ...inService, ...about }], witness);
  }

  it.each<[string, Partial<NodeAtTheEnd>, string | undefined, number]>([
    ['in service', {}, undefined, 0],
    ['isolated by a process under way', { isolation: 'i.p-1.x', cordoned: true }, 'p-1', 0],
    ['isolated by a process that is over', { isolation: 'i.p-1.x', cordoned: true }, undefined, 1],
    ['isolated by another process than the one under way', { isolation: 'i.p-1.x' }, 'p-2', 1],
    ['cordoned, its taint gone: that was not seen', { cordoned: true }, undefined, 1],
    ['cordoned, with a process under way', { cordoned: true }, 'p-1', 0],
    ['cordoned and held by somebody', { cordoned: true, held: true }, undefined, 0],
  ])('given one that is %s', (_what, about, active, count) => {
    expect(left(about, active)).toBe(count);
  });

  it('are read as the API server has them', () => {
    const read = { name: 'n', taints: [], unschedulable: true, annotations: { 'faultline.dev/hold': 'x' } };
    expect(nodeAtTheEnd('a', read)).toEqual({
      node: 'a/n',
      isolation: undefined,
      cordoned: true,
      held: true,
    });
    const taints = [{ key: 'faultline.dev/maintenance', value: 'i.p.1' }];
    expect(nodeAtTheEnd('a', { ...read, taints, annotations: undefined })).toEqual({
      ...{ node: 'a/n', isolation: 'i.p.1', cordoned: true, held: false },
    });
  });
});
