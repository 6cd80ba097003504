/**
 * What kwok does in our clusters: it is the kubelet of pods, and of nothing else.
 *
 * kwok looks only at nodes that carry the label below. Whoever plays the machine sets it while the machine's kubelet runs and takes it off
 * when it doesn't; pods of a node without it neither start nor end, as on a dead machine, and go on from where they are once it is back.
 * A stage can't see the node of its pod, so the label is the only way to tie the two.
 *
 * Nodes themselves are never written: no Ready condition, no boot id, no lease. kwok falls back to its own node stages if it is given
 * none, hence one that matches no node.
 */
export const kubeletLabel = 'world.faultline.dev/kubelet';
/** Value of the label while the kubelet runs. */
export const kubeletRuns = 'running';

const untouchedNodes = {
  name: 'leave-nodes-alone',
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Node' },
    selector: { matchLabels: { [kubeletLabel]: 'never' } },
    next: { statusTemplate: 'phase: Running' },
  },
};

const podStatus = `
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
conditions:
- { type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }} }
- { type: ContainersReady, status: "True", lastTransitionTime: {{ $now | Quote }} }
- { type: Ready, status: "True", lastTransitionTime: {{ $now | Quote }} }
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
`;

const startPods = {
  name: 'start-pods',
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: {
      matchExpressions: [
        { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
        { key: '.status.podIP', operator: 'DoesNotExist' },
      ],
    },
    next: { statusTemplate: podStatus },
  },
};

const endPods = {
  name: 'end-pods',
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: { matchExpressions: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }] },
    // Long enough that a watcher sees the pod terminating.
    delay: { durationMilliseconds: 300 },
    next: { delete: true },
  },
};

/** kwok's configuration file. */
export function kwokConfiguration(): string {
  return [untouchedNodes, startPods, endPods]
    .map(({ name, spec }) =>
      JSON.stringify({ apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'Stage', metadata: { name }, spec }),
    )
    .join('\n---\n');
}
