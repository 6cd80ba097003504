import { Type } from '@sinclair/typebox';

import { faultTypes } from '../../../domain/fault.js';
import { count, duration, oneOf, section, sectionWithDefaults, text, tokenMembers } from './values.js';

const conditionStatuses = ['True', 'False', 'Unknown'] as const;

export const intakeSection = sectionWithDefaults(
  {
    tokens: Type.Array(
      section({
        ...tokenMembers,
        nodes: Type.Array(text('<cluster>/<node>'), {
          default: [],
          description: 'Nodes that this token may report about; empty: all of them.',
        }),
      }),
      { default: [], description: 'Who may send reports. Without any, everybody who reaches the listener.' },
    ),
    alertRules: Type.Record(Type.String(), oneOf(faultTypes), {
      default: {},
      description: 'Fault type per alert name, for alerts without a label faultType.',
    }),
    maximumBodyBytes: count({
      default: 10_485_760,
      minimum: 1024,
      maximum: 104_857_600,
      description: 'A larger request is refused (413).',
    }),
  },
  'Reports from agents, alerts and people.',
);

export const detectorSection = sectionWithDefaults(
  {
    conditions: Type.Array(
      section({
        condition: text('Type of a Node condition.'),
        status: oneOf(conditionStatuses, { description: 'The status that means the fault.' }),
        faultType: oneOf(faultTypes),
      }),
      {
        default: [
          { condition: 'Ready', status: 'False', faultType: 'NodeNotReady' },
          { condition: 'Ready', status: 'Unknown', faultType: 'NodeNotReady' },
          { condition: 'KernelDeadlock', status: 'True', faultType: 'KernelDeadlock' },
          { condition: 'ReadonlyFilesystem', status: 'True', faultType: 'ReadonlyFilesystem' },
          { condition: 'ContainerRuntimeUnhealthy', status: 'True', faultType: 'RuntimeUnhealthy' },
          { condition: 'FrequentContainerdRestart', status: 'True', faultType: 'RuntimeUnhealthy' },
          { condition: 'KubeletUnhealthy', status: 'True', faultType: 'KubeletUnhealthy' },
          { condition: 'FrequentKubeletRestart', status: 'True', faultType: 'KubeletUnhealthy' },
        ],
        description: 'Which Node conditions are faults. A given list replaces the shipped one.',
      },
    ),
    leaseStaleAfter: duration({
      default: '60s',
      description: 'A kubelet lease this old means NodeNotReady.',
    }),
    leaseCheckEvery: duration({ default: '20s', description: 'How often the leases are read.' }),
    inventoryRefreshEvery: duration({
      default: '1m',
      description:
        'How often the inventory is said to be as fresh as the watch; one that was silent for so long has all nodes listed anew.',
    }),
  },
  'Watches the Kubernetes API.',
);

export const executorSection = sectionWithDefaults(
  {
    concurrency: count({
      default: 16,
      minimum: 1,
      maximum: 256,
      description: 'Nodes worked on at the same time; one command a node.',
    }),
    attemptLease: duration({
      default: '30s',
      description: 'A copy that is silent for so long loses its command to another, which only observes.',
    }),
  },
  'Carries out commands.',
);

const webhook = section({
  url: text('Base URL.'),
  requestTimeout: duration({ default: '10s', description: 'A silent request counts as uncertain.' }),
  ...tokenMembers,
});

export const driversSection = sectionWithDefaults(
  {
    redfish: sectionWithDefaults({
      requestTimeout: duration({ default: '10s', description: 'A silent request counts as uncertain.' }),
      observeEvery: duration({ default: '2s', description: 'How often the power state is read.' }),
      observeDeadline: duration({ default: '5m', description: 'By then the power state must have changed.' }),
    }),
    tickets: Type.Optional(webhook),
    actions: Type.Optional(webhook),
  },
  'Systems that act on machines, and people.',
);

export const tracingSection = section(
  {
    url: text('Where traces are posted (OTLP over HTTP), with its path: http://collector:4318/v1/traces.'),
    requestTimeout: duration({ default: '10s', description: 'A silent request is made again.' }),
    ...tokenMembers,
  },
  'Traces of maintenance processes, for an OpenTelemetry collector.',
);
