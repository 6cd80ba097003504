import type { OrderBatch, OrderedProcess } from '../forms/order-batch.js';
import type { View } from './print.js';

export const orderBatchView: View<OrderBatch, OrderedProcess> = {
  rows: ({ items }) => items,
  nameOf: ({ processId }) => processId,
  whenEmpty: 'No active process is meant.',
  columns: [
    { title: 'PROCESS', text: ({ processId }) => processId },
    { title: 'NODE', text: ({ cluster, node }) => `${cluster}/${node}` },
    { title: 'STAGE', text: ({ stage }) => stage },
    { title: 'STATUS', text: ({ status, before }) => (before === true ? `${status} before` : status) },
    { title: 'EFFECT', text: ({ effect, refusal }) => refusal ?? effect ?? '-' },
  ],
};
