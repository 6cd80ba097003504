import type { TObject, TSchema } from '@sinclair/typebox';

import {
  deadLetterDescription,
  deadLetterList,
  deadLetterOrder,
  deadLetterReceipt,
} from './forms/dead-letters.js';
import {
  changeDescription,
  changeHeaders,
  changeList,
  changeOutcome,
  heartbeat,
  newChange,
} from './forms/changes.js';
import { factList, faultList, nodeDescription, nodeList, replay } from './forms/nodes.js';
import {
  guardDescription,
  guardNode,
  guardReceipt,
  newFreeze,
  guardPolicyList,
  pauseList,
  verdictList,
  pauseVerdicts,
  verdictVerbs,
} from './forms/guard.js';
import { problem } from './forms/problem.js';
import { newOrder, orderHeaders, orderReceipt, processDescription, processList } from './forms/processes.js';
import {
  webhookDescription,
  webhookList,
  webhookOrders,
  webhookReceipt,
  webhookVerbs,
} from './forms/webhooks.js';
import {
  changeParameters,
  changesQuery,
  deadLetterParameters,
  deadLettersQuery,
  eventsQuery,
  factsQuery,
  nodeParameters,
  nodesQuery,
  pauseParameters,
  pausesQuery,
  verdictsQuery,
  processesQuery,
  processParameters,
  replayQuery,
  waitQuery,
  webhookParameters,
} from './requests.js';

interface Operation {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly parameters?: TObject;
  readonly query?: TObject;
  readonly headers?: TObject;
  readonly body?: TSchema;
  readonly answers: Readonly<Record<string, TSchema>>;
  /** What comes as Server-Sent Events. */
  readonly stream?: string;
}

/** Every route of the console but this document itself; a test holds it against what the server really has. */
export const consoleOperations: readonly Operation[] = [
  { method: 'get', path: '/v1/nodes', summary: 'Nodes', query: nodesQuery, answers: { 200: nodeList } },
  {
    method: 'get',
    path: '/v1/faults',
    summary: 'Open faults',
    query: nodesQuery,
    answers: { 200: faultList },
  },
  {
    method: 'get',
    path: '/v1/nodes/{cluster}/{node}',
    summary: 'One node',
    parameters: nodeParameters,
    answers: { 200: nodeDescription },
  },
  {
    method: 'get',
    path: '/v1/nodes/{cluster}/{node}/history',
    summary: 'What happened to a node',
    parameters: nodeParameters,
    query: factsQuery,
    answers: { 200: factList },
  },
  {
    method: 'get',
    path: '/v1/nodes/{cluster}/{node}/replay',
    summary: 'The state of a node at some moment',
    parameters: nodeParameters,
    query: replayQuery,
    answers: { 200: replay },
  },
  {
    method: 'get',
    path: '/v1/processes',
    summary: 'Maintenance processes',
    query: processesQuery,
    answers: { 200: processList },
  },
  {
    method: 'get',
    path: '/v1/processes/{id}',
    summary: 'One process, its commands and the orders it takes',
    parameters: processParameters,
    answers: { 200: processDescription },
  },
  {
    method: 'post',
    path: '/v1/processes/{id}/orders',
    summary: 'Tell a process what to do',
    parameters: processParameters,
    headers: orderHeaders,
    body: newOrder,
    answers: { 200: orderReceipt, 202: orderReceipt },
  },
  {
    method: 'post',
    path: '/v1/nodes/{cluster}/{node}/orders',
    summary: 'Try again what waits for a parked node: takes retry only',
    parameters: nodeParameters,
    body: newOrder,
    answers: { 200: orderReceipt, 202: orderReceipt },
  },
  {
    method: 'get',
    path: '/v1/events',
    summary: 'What is published, as it is published',
    query: eventsQuery,
    answers: {},
    stream:
      'Server-Sent Events. `data` is a CloudEvent (structured JSON), `event` its name, `id` its id, a semicolon, and the time before which nothing is still to come: send it as Last-Event-ID to go on from there (the id of an event alone will do where the journal has it). At least once, in order per node. `from` a time before what the log still has, events come from the journal first, node after node, without `partition` and `offset`, their ids with a third part. With `snapshot=true` each node comes first, as `NodeState` with the item of /v1/nodes as data and no id, then `snapshot-end`; drop events of a node whose `sequence` is not above that of its state. The event `cut-off` comes last to whoever was too slow; who takes nothing for a minute is disconnected; `end`, when all up to `until` was given.',
  },
  {
    method: 'get',
    path: '/v1/dead-letters',
    summary: 'Records that could not be processed',
    query: deadLettersQuery,
    answers: { 200: deadLetterList },
  },
  {
    method: 'get',
    path: '/v1/dead-letters/{topic}/{partition}/{offset}',
    summary: 'One of them, with its bytes',
    parameters: deadLetterParameters,
    answers: { 200: deadLetterDescription },
  },
  {
    method: 'post',
    path: '/v1/dead-letters/retry',
    summary: 'Put the original records back on their topics, in order per node',
    body: deadLetterOrder,
    answers: { 200: deadLetterReceipt },
  },
  {
    method: 'post',
    path: '/v1/dead-letters/drop',
    summary: 'Nobody needs to be asked about these any more',
    body: deadLetterOrder,
    answers: { 200: deadLetterReceipt },
  },
  {
    method: 'get',
    path: '/v1/webhooks',
    summary: 'Subscribers by webhook',
    answers: { 200: webhookList },
  },
  {
    method: 'get',
    path: '/v1/webhooks/{name}',
    summary: 'One of them, with the events that it has not got',
    parameters: webhookParameters,
    answers: { 200: webhookDescription },
  },
  ...webhookVerbs.map((verb): Operation => ({
    method: 'post',
    path: `/v1/webhooks/{name}/${verb}`,
    summary: webhookOrders[verb].description ?? verb,
    parameters: webhookParameters,
    body: webhookOrders[verb],
    answers: { 200: webhookReceipt },
  })),
  {
    method: 'get',
    path: '/v1/guard',
    summary: 'What the change guard holds back, and why',
    answers: { 200: guardDescription },
  },
  {
    method: 'get',
    path: '/v1/guard/pauses',
    summary: 'Pauses that were ever begun, the newest first',
    query: pausesQuery,
    answers: { 200: pauseList },
  },
  {
    method: 'get',
    path: '/v1/guard/verdicts',
    summary: 'What business metrics were recorded to say, the newest first',
    query: verdictsQuery,
    answers: { 200: verdictList },
  },
  {
    method: 'get',
    path: '/v1/guard/policies',
    summary: 'Policies that the guard went by, the newest first',
    query: pausesQuery,
    answers: { 200: guardPolicyList },
  },
  {
    method: 'get',
    path: '/v1/guard/nodes/{cluster}/{node}',
    summary: 'What waits for leave at a node, and why',
    parameters: nodeParameters,
    answers: { 200: guardNode },
  },
  {
    method: 'post',
    path: '/v1/guard/freezes',
    summary: newFreeze.description ?? 'freeze',
    body: newFreeze,
    answers: { 200: guardReceipt },
  },
  ...verdictVerbs.map((verb): Operation => ({
    method: 'post',
    path: `/v1/guard/pauses/{id}/${verb}`,
    summary: pauseVerdicts[verb].description ?? verb,
    parameters: pauseParameters,
    body: pauseVerdicts[verb],
    answers: { 200: guardReceipt },
  })),
  {
    method: 'get',
    path: '/v1/changes',
    summary: 'Operations that others asked leave for, the newest first',
    query: changesQuery,
    answers: { 200: changeList },
  },
  {
    method: 'get',
    path: '/v1/changes/{id}',
    summary: 'One of them',
    parameters: changeParameters,
    answers: { 200: changeDescription },
  },
  {
    method: 'post',
    path: '/v1/changes',
    summary: newChange.description ?? 'ask',
    query: waitQuery,
    headers: changeHeaders,
    body: newChange,
    answers: { 200: changeDescription },
  },
  {
    method: 'post',
    path: '/v1/changes/{id}/heartbeat',
    summary: heartbeat.description ?? 'heartbeat',
    parameters: changeParameters,
    query: waitQuery,
    body: heartbeat,
    answers: { 200: changeDescription },
  },
  {
    method: 'post',
    path: '/v1/changes/{id}/done',
    summary: changeOutcome.description ?? 'done',
    parameters: changeParameters,
    body: changeOutcome,
    answers: { 200: changeDescription },
  },
];

const json = 'application/json';

function parametersOf(place: 'path' | 'query' | 'header', object: TObject | undefined): readonly object[] {
  return Object.entries(object?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'query' ? false : (object?.required ?? []).includes(name),
    schema,
    ...(schema.description === undefined ? {} : { description: schema.description }),
  }));
}

function answersOf({ answers, stream }: Operation): object {
  const good: readonly (readonly [string, object])[] = Object.entries(answers).map(([status, schema]) => [
    status,
    { description: schema.description ?? '', content: { [json]: { schema: reference(schema) } } },
  ]);
  const refused = {
    description: 'Refused, and why',
    content: { 'application/problem+json': { schema: reference(problem) } },
  };
  const streamed: readonly (readonly [string, object])[] =
    stream === undefined
      ? []
      : [['200', { description: stream, content: { 'text/event-stream': { schema: { type: 'string' } } } }]];
  return Object.fromEntries([...good, ...streamed, ['default', refused]]);
}

function reference(schema: TSchema): object {
  return schema.title === undefined ? { ...schema } : { $ref: `#/components/schemas/${schema.title}` };
}

function operationOf(operation: Operation): object {
  const { summary, parameters, query, headers, body } = operation;
  return {
    summary,
    parameters: [
      ...parametersOf('path', parameters),
      ...parametersOf('query', query),
      ...parametersOf('header', headers),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: { [json]: { schema: body } } } }),
    responses: answersOf(operation),
  };
}

function componentSchemas(): object {
  const schemas = [problem, ...consoleOperations.flatMap(({ answers }) => Object.values(answers))];
  return Object.fromEntries(schemas.map((schema) => [schema.title ?? '', schema]));
}

/** OpenAPI 3.1 description of the console; `docs/openapi.json` holds it. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of consoleOperations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationOf(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Faultline console',
      version: '1',
      description:
        'What is known and what happened, and orders to maintenance processes. Reading changes nothing.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { operator: { type: 'http', scheme: 'bearer' } },
    },
  };
}
