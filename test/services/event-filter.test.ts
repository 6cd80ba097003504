import { describe, expect, it } from 'vitest';
import { FilterInvalid, filterOf, fits, offeredTopics } from '../../services/event-filter.js';

const fault = {
  topic: 'fault.hardware',
  nodes: ['east/n1'],
  faultTypes: ['DiskFailure'],
  classes: ['hardware'],
};
const end = {
  topic: 'maintenance.outcomes',
  nodes: ['west/n1'],
  faultTypes: ['KernelDeadlock', 'DiskFailure'],
  classes: ['system', 'hardware'],
  outcome: 'Recovered',
};
const step = { topic: 'maintenance.events', nodes: ['east/n1'] };
const fates = { topic: 'fault.report-fates', nodes: ['east/n2', 'north/n3'] };

/** Of a part of a cluster, and of the whole fleet. */
const pause = { topic: 'guard.pauses', nodes: ['z-1'], clusters: ['east'] };
const freeze = { topic: 'guard.pauses', nodes: ['z-2'], clusters: 'all' } as const;

/** Which of the six a filter lets through. */
function through(text: Parameters<typeof filterOf>[0]): readonly string[] {
  const filter = filterOf(text);
  return Object.entries({ fault, end, step, fates, pause, freeze })
    .filter(([, event]) => fits(filter, event))
    .map(([name]) => name);
}

describe('a filter of events', () => {
  it.each([
    [{}, ['fault', 'end', 'step', 'fates', 'pause', 'freeze']],
    [{ topic: ['fault.hardware', 'maintenance.events'] }, ['fault', 'step']],
    [{ node: ['east/n1'] }, ['fault', 'step', 'pause', 'freeze']],
    [{ node: ['east/n2'] }, ['fates', 'pause', 'freeze']],
    [{ node: ['north/n3', 'west/n1'] }, ['end', 'fates', 'freeze']],
    [{ cluster: ['west'] }, ['end', 'freeze']],
    [{ cluster: ['north'] }, ['fates', 'freeze']],
    // No node is both.
    [{ node: ['east/n2'], cluster: ['north'] }, ['freeze']],
    [{ cluster: ['east'], topic: ['guard.pauses'] }, ['pause', 'freeze']],
    [{ type: ['DiskFailure'] }, ['fault', 'end']],
    [{ type: ['KernelDeadlock', 'CpuFailure'] }, ['end']],
    [{ class: ['hardware'] }, ['fault', 'end']],
    [{ outcome: ['Recovered'] }, ['end']],
    [{ outcome: ['RECOVERED'] }, ['end']],
    [{ outcome: ['recovered', 'HANDED_TO_HUMAN'] }, ['end']],
    [{ class: ['HARDWARE'] }, ['fault', 'end']],
    [{ outcome: ['Retired'] }, []],
    [{ class: ['system'], outcome: ['Recovered'], cluster: ['west'] }, ['end']],
  ])('%j lets through %j', (text, expected) => {
    expect(through(text)).toEqual(expected);
  });

  it('offers what is meant for subscribers only', () => {
    expect(offeredTopics).not.toContain('fault.reports');
    expect(filterOf({}).topics).toEqual(offeredTopics);
  });

  it.each([
    [{ topic: ['fault.reports'] }, 'topic, value 1: "fault.reports" is none of fault.hardware'],
    [
      { class: ['hardware', 'hardwear'] },
      'class, value 2: "hardwear" is none of hardware, system, component',
    ],
    [{ type: [''] }, 'type, value 1: "" is none of'],
    [
      { outcome: ['Repaired'] },
      'outcome, value 1: "Repaired" is none of Recovered, Cancelled, HandedToHuman, Retired',
    ],
    [{ node: ['n1'] }, 'node, value 1: "n1" is not like east/node-1'],
    [{ cluster: ['a/n1'] }, 'cluster, value 1: "a/n1"'],
  ])('%j is refused, and it is said where', (text, problem) => {
    const parse = () => filterOf(text);
    expect(parse).toThrow(FilterInvalid);
    expect(parse).toThrow(problem);
  });
});
