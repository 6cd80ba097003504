import { maintenance } from '../maintenance.js';
import { askPerson, lookAtWorkload, startTimer } from './steps.js';
import { reversible } from './settle.js';

/** Labels what is to move. Nothing to move: on to recovery. */
export function requestMigration(next: { readonly empty: string; readonly asked: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      {
        type: 'requestMigration',
        params: ({ context }) => ({
          reason: context.faultType,
          deadlineMs: context.recipe.evacuationDeadlineMs,
        }),
      },
    ],
    on: {
      'requestMigration.done': [
        { guard: 'nothingToMove', target: next.empty, actions: 'notePods' },
        { target: next.asked, actions: 'notePods' },
      ],
      'requestMigration.failed': askPerson('the workload could not be asked to move'),
      'requestMigration.unneeded': askPerson('the isolated node changed'),
      'requestMigration.withheld': askPerson('the mode became observe'),
      ...reversible,
    },
  });
}

/**
 * Waits until the pods' UIDs are absent; replies only make it look sooner. `silent`: where to go at once when the
 * kubelet is silent and nothing there will end a pod.
 */
export function evacuate(next: { readonly empty: string; readonly silent?: string }) {
  const silent = next.silent === undefined ? [] : [{ guard: 'unreachable' as const, target: next.silent }];
  return maintenance.createStateConfig({
    entry: ['enterStage', 'announceMigration', startTimer('workload-check', 'workloadCheckMs')],
    on: {
      'migration.announced': [
        ...silent,
        {
          actions: {
            type: 'startTimer',
            params: ({ context }) => ({
              name: 'evacuation-deadline' as const,
              afterMs: Math.max(context.recipe.evacuationDeadlineMs, context.recipe.minimumNoticeMs),
            }),
          },
        },
      ],
      'migration.replied': [
        {
          guard: 'allReplied',
          actions: ['noteReply', lookAtWorkload],
        },
        { actions: 'noteReply' },
      ],
      'timer.workload-check': {
        actions: lookAtWorkload,
      },
      'observeWorkload.done': [
        { guard: 'workloadGone', target: next.empty, actions: 'noteStillThere' },
        {
          actions: startTimer('workload-check', 'workloadCheckMs'),
        },
      ],
      'observeWorkload.failed': {
        actions: startTimer('workload-check', 'workloadCheckMs'),
      },
      'timer.evacuation-deadline': [
        { guard: 'mayDelete', target: 'deletingWorkload' },
        askPerson('workload is still there at the deadline'),
      ],
      ...reversible,
    },
  });
}

/** Pods that could not be migrated are destroyed: only after the deadline, and only where the policy says so. */
export function deleteWorkload(next: { readonly empty: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      {
        type: 'deleteWorkload',
        params: ({ context }) => ({
          pods: context.pods.map(({ namespace, name, uid }) => ({ namespace, name, uid })),
          gracePeriodSeconds: 30,
        }),
      },
      startTimer('workload-gone-deadline', 'evacuationDeadlineMs'),
    ],
    on: {
      'deleteWorkload.done': [
        { guard: 'workloadGone', target: next.empty, actions: 'noteStillThere' },
        {
          actions: startTimer('workload-check', 'workloadCheckMs'),
        },
      ],
      'deleteWorkload.failed': askPerson('workload could not be deleted'),
      'timer.workload-check': {
        actions: lookAtWorkload,
      },
      'observeWorkload.done': [
        { guard: 'workloadGone', target: next.empty, actions: 'noteStillThere' },
        {
          actions: startTimer('workload-check', 'workloadCheckMs'),
        },
      ],
      'observeWorkload.failed': {
        actions: startTimer('workload-check', 'workloadCheckMs'),
      },
      'timer.workload-gone-deadline': askPerson('deleted workload does not go'),
    },
  });
}
