import type { NewEvent } from '../ports/kubernetes.js';

/** Events about nodes have no namespace of their own; the ecosystem's habit is the default one. */
export const eventNamespace = 'default';

const longestMessage = 1_024;

/**
 * A core/v1 Event about a node. `involvedObject.uid` is the node's name: that is what kubelet writes and what
 * `kubectl describe node` looks for.
 */
export function eventBody(event: NewEvent, unique: string): Readonly<Record<string, unknown>> {
  const at = new Date(event.at).toISOString().replace(/\.\d{3}Z$/, 'Z');
  const { name } = event.node.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name.slice(0, 200)}.${unique.replaceAll('-', '').slice(0, 16)}`,
      namespace: eventNamespace,
    },
    involvedObject: { apiVersion: 'v1', kind: 'Node', name, uid: name },
    type: event.type,
    reason: event.reason,
    message: event.message.slice(0, longestMessage),
    source: { component: 'faultline' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    reportingComponent: 'faultline.dev/faultline',
    reportingInstance: 'faultline',
  };
}
