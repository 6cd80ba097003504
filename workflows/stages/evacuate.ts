import { maintenance } from '../maintenance.js';
import { askPerson, deadline, lookAtNode, lookAtWorkload, noteLook, startTimer } from './steps.js';
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

interface Departure {
  readonly empty: string;
  /** Where to go when the kubelet is silent: nothing there will end a pod, so the power has to go first. */
  readonly silent?: string;
}

/** What evacuating and deleting have in common: gone is what is observed to be absent, and a kubelet may fall silent. */
function untilAbsent(next: Departure) {
  const stillThere = [
    { guard: 'workloadGone' as const, target: next.empty, actions: 'noteStillThere' as const },
    { actions: [noteLook('workloadCheckMs'), startTimer('workload-check', 'workloadCheckMs')] },
  ];
  const silence =
    next.silent === undefined
      ? {}
      : {
          'fault.firing': { actions: lookAtNode },
          'observeNode.done': {
            guard: 'silentNow' as const,
            target: next.silent,
            actions: 'noteSilence' as const,
          },
          'observeNode.failed': {},
        };
  return {
    'timer.workload-check': { actions: lookAtWorkload },
    'observeWorkload.done': stillThere,
    'observeWorkload.failed': { actions: startTimer('workload-check', 'workloadCheckMs') },
    ...silence,
  };
}

/** Waits until the pods' UIDs are absent; replies only make it look sooner. */
export function evacuate(next: Departure) {
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
        { guard: 'allReplied', actions: ['noteReply', lookAtWorkload] },
        { actions: 'noteReply' },
      ],
      'timer.evacuation-deadline': [
        // It looks for itself which pods are left.
        { guard: 'mayDelete', target: 'deletingWorkload' },
        ...deadline('evacuation-deadline', {
          duration: 'evacuationDeadlineMs',
          every: 'workloadCheckMs',
          overdue: askPerson('workload is still there at the deadline'),
        }),
      ],
      ...untilAbsent(next),
      ...reversible,
    },
  });
}

/** Pods that could not be migrated are destroyed: only after the deadline, and only where the policy says so. */
export function deleteWorkload(next: Departure) {
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
      ...untilAbsent(next),
      'deleteWorkload.done': [
        { guard: 'workloadGone', target: next.empty, actions: 'noteStillThere' },
        { actions: [noteLook('workloadCheckMs'), startTimer('workload-check', 'workloadCheckMs')] },
      ],
      'deleteWorkload.failed': askPerson('workload could not be deleted'),
      'timer.workload-gone-deadline': deadline('workload-gone-deadline', {
        duration: 'evacuationDeadlineMs',
        every: 'workloadCheckMs',
        overdue: askPerson('deleted workload does not go'),
      }),
    },
  });
}
