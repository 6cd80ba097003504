import { describe, expect, it } from 'vitest';
import type { NodeObservation } from '../../domain/command.js';
import type { BootId } from '../../domain/identifiers.js';
import { activeVersion, advance, begin, type WorkflowStep } from '../../workflows/catalog.js';
import type { TimerName, WorkflowEvent } from '../../workflows/events.js';
import { announced, asked, booted, done, emptied, isolated, observed, pod, timer } from './events.js';
import { contextOf, recipe } from './workflow-spec.js';

const second = 1_000;
const start = 1_000;

/** A reboot that has come so far, all of it at `start`. */
function rebootAfter(...events: readonly WorkflowEvent[]): WorkflowStep {
  const context = contextOf({ recipe: { ...recipe, whenOverdue: 'delete' } });
  return events.reduce(
    (step, event) => advance('reboot', activeVersion.reboot, step, event),
    begin('reboot', activeVersion.reboot, context),
  );
}

function when(step: WorkflowStep, event: WorkflowEvent, at: number): WorkflowStep {
  return advance('reboot', activeVersion.reboot, step, { ...event, at });
}

/** Looks every 30 s, as the recipe says, from `from` to `to`. */
function lookedAt(step: WorkflowStep, look: WorkflowEvent, from: number, to: number): WorkflowStep {
  let now = step;
  for (let at = from; at <= to; at += 30 * second) now = when(now, look, at);
  return now;
}

function timersOf({ actions }: WorkflowStep): readonly unknown[] {
  return actions.filter(({ type }) => type === 'startTimer').map(({ parameters }) => parameters);
}

const seen = (overrides: Partial<NodeObservation>): WorkflowEvent =>
  done('observeNode', { observation: observed(overrides) });
const evacuated = [isolated, asked, announced];
const deleting = rebootAfter(...evacuated, timer('evacuation-deadline'));
const booting = rebootAfter(
  ...evacuated,
  timer('workload-check'),
  emptied,
  done('powerOff'),
  done('powerOn'),
);
const verifying = when(booting, booted, start);

interface Case {
  readonly what: string;
  readonly step: WorkflowStep;
  readonly deadline: TimerName;
  readonly afterMs: number;
  readonly look: WorkflowEvent;
  readonly concluded: string;
}

const cases: readonly Case[] = [
  {
    what: 'deleted workload goes',
    step: deleting,
    deadline: 'workload-gone-deadline',
    afterMs: recipe.evacuationDeadlineMs,
    look: done('observeWorkload', { pods: [pod] }),
    concluded: 'waitingForPerson',
  },
  {
    what: 'the machine boots',
    step: booting,
    deadline: 'boot-deadline',
    afterMs: recipe.bootDeadlineMs,
    look: seen({ ready: 'Unknown' }),
    concluded: 'escalating',
  },
  {
    what: 'the node is well',
    step: verifying,
    deadline: 'verify-deadline',
    afterMs: recipe.verifyDeadlineMs,
    look: seen({ bootId: 'boot-2' as BootId, ready: 'False' }),
    concluded: 'escalating',
  },
];

describe.each(cases)('given a deadline until $what', ({ step, deadline, afterMs, look, concluded }) => {
  const due = start + afterMs;

  it('when it was looked at all the time and is not so, then it is overdue', () => {
    const last = lookedAt(step, look, start, due);
    expect(when(last, timer(deadline), due).stage).toBe(concluded);
  });

  it('Kafka was away for 30 s, and its deadline came before anybody had looked: when nobody looked, then it begins anew', () => {
    const next = when(step, timer(deadline), due);
    expect(next.stage).toBe(step.stage);
    expect(timersOf(next)).toEqual([{ name: deadline, afterMs }]);
  });

  it('when the latest look came together with it after a long silence, then it may show what is over, and it begins anew', () => {
    const before = lookedAt(step, look, start, start + 60 * second);
    const together = when(before, look, due);
    expect(when(together, timer(deadline), due).stage).toBe(step.stage);
  });

  it('when the latest look is as long ago as three take, and no longer, then that counts', () => {
    const last = lookedAt(step, look, start, due - 90 * second);
    expect(when(last, timer(deadline), due).stage).toBe(concluded);
    expect(when(last, timer(deadline), due + 1).stage).toBe(step.stage);
  });

  it('when it was looked at again since, then that counts', () => {
    const before = lookedAt(step, look, start, start + 60 * second);
    const again = when(when(before, look, due - second), look, due);
    expect(when(again, timer(deadline), due).stage).toBe(concluded);
  });

  it('when looks take long, one as the other, then they count all the same', () => {
    const slow = when(when(step, look, start + 100 * second), look, start + 200 * second);
    expect(when(slow, timer(deadline), start + 210 * second).stage).toBe(concluded);
  });
});

it('given a node that is seen well although its agent says that the fault is there still, when the deadline comes, then that was a look', () => {
  const contradicted: WorkflowEvent = {
    type: 'observeNode.failed',
    at: start,
    detail: { observation: observed({ bootId: 'boot-2' as BootId }) },
  };
  const due = start + recipe.verifyDeadlineMs;
  const last = lookedAt(verifying, contradicted, start, due);
  expect(when(last, timer('verify-deadline'), due).stage).toBe('escalating');
});

it('given looks that all fail, when the deadline comes, then nothing is concluded', () => {
  const failing: WorkflowEvent = { type: 'observeNode.failed', at: start, detail: { reason: 'unreachable' } };
  const due = start + recipe.bootDeadlineMs;
  const last = lookedAt(booting, failing, start, due);
  expect(when(last, timer('boot-deadline'), due).stage).toBe('booting');
});

it('a busy machine: given looks of a second each of which every one takes four, when the deadline comes, then they count', () => {
  const hasty = contextOf({ recipe: { ...recipe, verifyIntervalMs: second } });
  const way = [
    isolated,
    asked,
    announced,
    timer('workload-check'),
    emptied,
    done('powerOff'),
    done('powerOn'),
    booted,
  ];
  let step = way.reduce(
    (before, event) => advance('reboot', activeVersion.reboot, before, event),
    begin('reboot', activeVersion.reboot, hasty),
  );
  const bad = seen({ bootId: 'boot-2' as BootId, ready: 'False' });
  for (let at = start + 4 * second; at <= start + 40 * second; at += 4 * second) step = when(step, bad, at);
  expect(when(step, timer('verify-deadline'), start + 43.5 * second).stage).toBe('escalating');
});
