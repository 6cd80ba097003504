import { maintenance } from '../maintenance.js';
import { askPerson, deadline, lookAtNode, noteLook, startTimer } from './steps.js';

/** Off by force, observed. From here on there is no way back but through a boot. */
export function powerOff(next: { readonly off: string; readonly offWithWorkload: string }) {
  return maintenance.createStateConfig({
    entry: ['enterStage', { type: 'powerOff', params: {} }],
    on: {
      'powerOff.done': [
        { guard: 'unreachable', target: next.offWithWorkload, actions: 'notePowerOff' },
        { target: next.off, actions: 'notePowerOff' },
      ],
      'powerOff.failed': askPerson('power could not be switched off'),
      'powerOff.unneeded': askPerson('the isolated node changed'),
      'powerOff.unknown': askPerson('nobody saw whether the power went off'),
    },
  });
}

/** With the power observed off, Kubernetes may give up the pods of a silent kubelet (KEP-2268). */
export function fence(next: { readonly gone: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      { type: 'fenceWorkload', params: ({ context }) => ({ pods: context.pods.map((pod) => pod.uid) }) },
    ],
    on: {
      'fenceWorkload.done': { target: next.gone, actions: 'noteFence' },
      'fenceWorkload.failed': {
        target: 'waitingForPerson',
        actions: [
          'noteFence',
          { type: 'noteWaiting', params: { reason: 'the workload of the machine that is off does not go' } },
        ],
      },
    },
  });
}

/** The out-of-service taint has to go before power comes back. */
export function unfence(next: { readonly done: string }) {
  return maintenance.createStateConfig({
    entry: ['enterStage', { type: 'unfenceWorkload', params: {} }],
    on: {
      'unfenceWorkload.done': { target: next.done, actions: 'noteUnfence' },
      'unfenceWorkload.failed': askPerson('the out-of-service taint could not be removed'),
    },
  });
}

export function powerOn(next: { readonly on: string }) {
  return maintenance.createStateConfig({
    entry: ['enterStage', { type: 'powerOn', params: {} }],
    on: {
      'powerOn.done': { target: next.on, actions: 'expectNewBoot' },
      'powerOn.failed': askPerson('power could not be switched on'),
      'powerOn.unknown': askPerson('nobody saw whether the power came on'),
    },
  });
}

export function openTicket(next: { readonly opened: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      {
        type: 'openTicket',
        params: ({ context }) => ({
          summary: `${context.faultType} to be repaired`,
          faultTypes: [context.faultType],
        }),
      },
    ],
    on: {
      'openTicket.done': { target: next.opened, actions: 'noteTicket' },
      'openTicket.failed': askPerson('no ticket could be opened'),
    },
  });
}

/** People repair the machine; the ticket system tells, and is asked now and then in case it did not. */
export function awaitRepair(next: { readonly repaired: string; readonly repairedWhileOn: string }) {
  const repaired = [
    { guard: 'poweredOff' as const, target: next.repaired },
    { target: next.repairedWhileOn },
  ];
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      startTimer('repair-deadline', 'repairDeadlineMs'),
      startTimer('repair-check', 'repairCheckMs'),
    ],
    on: {
      'order.repaired': repaired,
      'order.skip': repaired,
      'timer.repair-check': {
        actions: [
          { type: 'checkTicket', params: ({ context }) => ({ ticket: context.ticket ?? '' }) },
          startTimer('repair-check', 'repairCheckMs'),
        ],
      },
      'checkTicket.done': [
        { guard: { type: 'ticketRepairedWhileOff' }, target: next.repaired },
        { guard: 'ticketRepaired', target: next.repairedWhileOn },
      ],
      'timer.repair-deadline': askPerson('the repair takes longer than it may'),
    },
  });
}

/** Told once, never again: an attempt whose end nobody saw goes to a person. */
export function reimage(next: { readonly started: string }) {
  return maintenance.createStateConfig({
    entry: ['enterStage', { type: 'reimage', params: ({ context }) => ({ image: context.recipe.image }) }],
    on: {
      'reimage.done': { target: next.started, actions: 'expectNewNode' },
      'reimage.failed': { target: 'escalating' },
      'reimage.unneeded': askPerson('the isolated node changed'),
      'reimage.unknown': askPerson('nobody saw whether the machine was reimaged'),
    },
  });
}

export function restartComponent(next: { readonly restarted: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      { type: 'restartComponent', params: ({ context }) => ({ component: context.recipe.component }) },
    ],
    on: {
      'restartComponent.done': { target: next.restarted },
      'restartComponent.failed': { target: 'escalating' },
      'restartComponent.unneeded': askPerson('the isolated node changed'),
      'restartComponent.unknown': { target: 'verifying' },
    },
  });
}

/** A boot is over when the node is Ready under a boot id that it did not have before. */
export function boot(next: { readonly booted: string; readonly reappeared: string }) {
  return maintenance.createStateConfig({
    entry: [
      'enterStage',
      startTimer('boot-check', 'verifyIntervalMs'),
      startTimer('boot-deadline', 'bootDeadlineMs'),
    ],
    on: {
      'timer.boot-check': { actions: lookAtNode },
      'node.rebooted': { actions: lookAtNode },
      'node.recreated': { target: next.reappeared },
      'node.deleted': {},
      'observeNode.done': [
        { guard: 'otherMachine', ...askPerson('another machine answers under this name') },
        { guard: 'wrongImage', target: 'escalating' },
        { guard: 'bootedAnew', target: next.booted, actions: 'adoptIdentity' },
        { actions: [noteLook('verifyIntervalMs'), startTimer('boot-check', 'verifyIntervalMs')] },
      ],
      'observeNode.unneeded': {
        actions: [noteLook('verifyIntervalMs'), startTimer('boot-check', 'verifyIntervalMs')],
      },
      'observeNode.failed': {
        actions: startTimer('boot-check', 'verifyIntervalMs'),
      },
      'order.skip': { target: next.booted },
      'timer.boot-deadline': deadline('boot-deadline', {
        duration: 'bootDeadlineMs',
        every: 'verifyIntervalMs',
        overdue: { target: 'escalating' },
      }),
    },
  });
}
