import { Type } from '@sinclair/typebox';

import {
  count,
  duration,
  flag,
  oneOf,
  passwordMembers,
  section,
  sectionWithDefaults,
  text,
  tokenMembers,
} from './values.js';

export const installationSection = sectionWithDefaults(
  {
    dataFolder: Type.String({
      default: '.faultline',
      minLength: 1,
      description: 'Folder of the embedded database; relative to this file.',
    }),
    upkeepEvery: duration({
      default: '1h',
      description:
        'How often what nobody needs any more is forgotten, and faults are sought that a mode withheld and now allows.',
    }),
  },
  'This installation of Faultline.',
);

export const httpSection = sectionWithDefaults(
  {
    listen: Type.String({
      default: '127.0.0.1:7766',
      pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):[0-9]{1,5}$',
      description: 'host:port of intake, console and metrics; port 0 takes a free one.',
    }),
    operators: Type.Array(
      section({
        subject: text('Who this is; stands in the journal with each order.'),
        tokenFile: Type.Optional(text('File that holds the bearer token of this operator.')),
        tokenFrom: Type.Optional(section({ env: text('Name of an environment variable.') })),
      }),
      {
        default: [],
        description: 'Who may give orders. Without any, orders are taken from this machine only.',
      },
    ),
  },
  'The HTTP listener.',
);

const sasl = section({
  mechanism: oneOf(['plain', 'scram-sha-256', 'scram-sha-512'] as const, { description: 'SASL mechanism.' }),
  username: text('SASL user.'),
  ...passwordMembers,
});

const tls = section({
  certificateAuthorityFile: Type.Optional(text('PEM file of the authority; without it the system ones.')),
  certificateFile: Type.Optional(text('PEM file of the client certificate.')),
  keyFile: Type.Optional(text('PEM file of the client key.')),
});

export const eventLogSection = sectionWithDefaults(
  {
    kind: oneOf(['embedded', 'kafka'] as const, {
      default: 'embedded',
      description: 'embedded: in the embedded PostgreSQL. kafka: Apache Kafka.',
    }),
    partitions: count({
      default: 16,
      minimum: 1,
      maximum: 1024,
      description: 'Partitions of every topic keyed by node. Fixed for ever once topics exist.',
    }),
    brokers: Type.Array(text('host:port'), { default: [], description: 'Kafka brokers to start from.' }),
    sessionTimeout: Type.Optional(
      duration({
        description:
          'How long Kafka waits for a silent copy before others get its nodes; 45s, if not given. Brokers refuse less than their group.min.session.timeout.ms.',
      }),
    ),
    tls: Type.Optional(tls),
    sasl: Type.Optional(sasl),
  },
  'Where events are kept and ordered.',
);

export const journalSection = sectionWithDefaults(
  {
    kind: oneOf(['embedded', 'postgres'] as const, {
      default: 'embedded',
      description: 'embedded: a PostgreSQL of our own in dataFolder. postgres: yours.',
    }),
    durability: Type.Optional(
      oneOf(['safe', 'fast'] as const, {
        description:
          'Of the embedded one. safe, if not given: what is committed is on disk. fast: nothing waits for the disk, and a crash of the machine may ruin the data; only for data that is thrown away.',
      }),
    ),
    connection: Type.Optional(
      text('postgres://user@host:port/database?sslmode=…, without password: it has a key of its own.'),
    ),
    ...passwordMembers,
  },
  'The only place where something is decided.',
);

export const archiveSection = sectionWithDefaults(
  {
    after: duration({
      default: '90d',
      description: 'How long everything about a node must have been over before its facts move.',
    }),
    folder: Type.Optional(
      text('Folder of the files, which has to be there; without it nothing moves. Relative to this file.'),
    ),
  },
  'Files into which facts of long ago move from the journal.',
);

export const schemaRegistrySection = sectionWithDefaults(
  {
    kind: oneOf(['bundled', 'confluent'] as const, {
      default: 'bundled',
      description: 'bundled: ids from the shipped schemas. confluent: a registry with that API.',
    }),
    url: Type.Optional(text('Base URL of the registry.')),
    register: flag(false, 'Register missing schemas at start; otherwise `faultline schemas register` does.'),
    username: Type.Optional(text('User of the registry.')),
    ...passwordMembers,
    ...tokenMembers,
    tls: Type.Optional(tls),
  },
  'Where the schema ids of published events come from.',
);
