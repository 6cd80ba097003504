import { Type } from '@sinclair/typebox';

import { flag, modes, oneOf, passwordMembers, section, text } from './values.js';

const machine = section({
  url: Type.Optional(text('Base URL of the BMC of this node.')),
  systemPath: Type.Optional(text('Path of its ComputerSystem resource.')),
});

const bmc = section(
  {
    url: text('Base URL of the Redfish service; {node} stands for the name of the Node.'),
    systemPath: Type.String({
      default: '/redfish/v1/Systems/{node}',
      pattern: '^/',
      description: 'Path of the ComputerSystem resource; {node} as above.',
    }),
    username: Type.Optional(text('User of the BMC.')),
    ...passwordMembers,
    skipTlsVerify: flag(false, 'Accept any certificate. Only for laboratories.'),
    nodes: Type.Record(Type.String(), machine, {
      default: {},
      description: 'Nodes whose BMC is found in another way, by the name of the Node.',
    }),
  },
  'How the machines are switched off and on (Redfish).',
);

const cluster = section(
  {
    name: Type.String({
      pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
      description: 'Name of the cluster: first part of every node key. Never change it while nodes are out.',
    }),
    kubeconfig: Type.Optional(text('Path of a kubeconfig; ~ is the home folder.')),
    context: Type.Optional(text('Context of the kubeconfig; without it the current one.')),
    inCluster: flag(false, 'Use the service account of the pod that Faultline runs in.'),
    mode: Type.Optional(oneOf(modes, { description: 'For this cluster, instead of mode.default.' })),
    poolLabel: Type.String({
      default: 'node.kubernetes.io/instance-type',
      minLength: 1,
      description: 'Label of a Node that names its pool.',
    }),
    zoneLabel: Type.String({
      default: 'topology.kubernetes.io/zone',
      minLength: 1,
      description: 'Label of a Node that names its zone.',
    }),
    allowControlPlane: flag(false, 'Also maintain control-plane nodes; otherwise they are only reported.'),
    medik8sLeases: flag(
      false,
      'Share the leases by which the operators of medik8s (namespace medik8s-leases) keep out of each other’s way on nodes.',
    ),
    bmc: Type.Optional(bmc),
  },
  'A Kubernetes cluster that is looked after.',
);

export const clustersSection = Type.Array(cluster, {
  default: [],
  description: 'The clusters looked after.',
});
