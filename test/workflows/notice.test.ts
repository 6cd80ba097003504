import { describe, expect, it } from 'vitest';
import { activeVersion, advance, begin, type WorkflowStep } from '../../workflows/catalog.js';
import { announced, asked, isolated, timer } from './events.js';
import { contextOf, recipe } from './workflow-spec.js';

const minute = 60_000;

/** A reboot whose pods were asked to move and whose request the log has taken, with these times of the recipe. */
function announcedReboot(times: { evacuationDeadlineMs: number; minimumNoticeMs: number }): WorkflowStep {
  const context = contextOf({ recipe: { ...recipe, ...times, whenOverdue: 'delete' } });
  const start = begin('reboot', activeVersion.reboot, context);
  return [isolated, asked, announced].reduce(
    (step, event) => advance('reboot', activeVersion.reboot, step, event),
    start,
  );
}

function deadlines(step: WorkflowStep): readonly unknown[] {
  return step.actions.filter(({ type }) => type === 'startTimer').map(({ parameters }) => parameters);
}

describe('the deadline after which workload may be destroyed', () => {
  it.each([
    { evacuationDeadlineMs: 10 * minute, minimumNoticeMs: minute, afterMs: 10 * minute },
    { evacuationDeadlineMs: minute, minimumNoticeMs: 5 * minute, afterMs: 5 * minute },
  ])('is never before the minimum notice since the announcement: $afterMs ms', ({ afterMs, ...times }) => {
    expect(deadlines(announcedReboot(times))).toEqual([{ name: 'evacuation-deadline', afterMs }]);
  });

  it('is what deletion waits for, nothing else', () => {
    const step = announcedReboot({ evacuationDeadlineMs: minute, minimumNoticeMs: 5 * minute });
    const overdue = advance('reboot', activeVersion.reboot, step, timer('evacuation-deadline'));
    expect([step.stage, overdue.stage]).toEqual(['evacuating', 'deletingWorkload']);
  });
});
