import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { provide } from './cache.js';
import { nodeProblemDetectorRecipe } from './component-recipes.js';
import { freePort } from './free-ports.js';
import { launch, untilReady, type Supervised } from './supervised.js';

export interface NodeProblemDetectorOptions {
  readonly node: string;
  /** URL of the API server, and the file with the rights to it. */
  readonly server: string;
  readonly kubeconfig: string;
  /** Tailed; made if missing. Lines as a kernel writes them: `Nov 24 00:30:00 host kernel: [1.5] message`. */
  readonly logFile: string;
  readonly folder: string;
}

export interface NodeProblemDetectorStack {
  readonly process: Supervised;
  stop(): Promise<void>;
}

// The conditions and their rules as the detector ships them for kernel logs.
const monitor = {
  plugin: 'filelog',
  pluginConfig: {
    timestamp: '^.{15}',
    message: 'kernel: \\[.*\\] (.*)',
    timestampFormat: 'Jan _2 15:04:05',
  },
  lookback: '5m',
  bufferSize: 10,
  source: 'kernel-monitor',
  metricsReporting: false,
  conditions: [
    { type: 'KernelDeadlock', reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' },
    { type: 'ReadonlyFilesystem', reason: 'FilesystemIsNotReadOnly', message: 'Filesystem is not read-only' },
  ],
  rules: [
    { type: 'temporary', reason: 'OOMKilling', pattern: 'Killed process \\d+ (.+) total-vm:\\d+kB.*' },
    {
      type: 'permanent',
      condition: 'KernelDeadlock',
      reason: 'DockerHung',
      pattern: 'task docker:\\w+ blocked for more than \\w+ seconds\\.',
    },
    {
      type: 'permanent',
      condition: 'ReadonlyFilesystem',
      reason: 'FilesystemIsReadOnly',
      pattern: 'Remounting filesystem read-only',
    },
  ],
};

/** One node's problem detector. Resolves when it answers; its conditions are on the Node object a moment later. */
export async function startNodeProblemDetector(
  options: NodeProblemDetectorOptions,
): Promise<NodeProblemDetectorStack> {
  const component = await provide(nodeProblemDetectorRecipe);
  const { folder, node } = options;
  await mkdir(folder, { recursive: true });
  await writeFile(options.logFile, '', { flag: 'a' });
  const configuration = join(folder, 'kernel-monitor.json');
  await writeFile(configuration, JSON.stringify({ ...monitor, logPath: options.logFile }));
  const port = await freePort();
  const detector = await launch({
    name: `node-problem-detector-${node}`,
    program: join(component, 'bin', 'node-problem-detector'),
    args: [
      `--apiserver-override=${options.server}?inClusterConfig=false&auth=${options.kubeconfig}`,
      `--hostname-override=${node}`,
      `--config.system-log-monitor=${configuration}`,
      '--address=127.0.0.1',
      `--port=${port}`,
      '--prometheus-port=0',
      '--logtostderr',
    ],
    log: join(folder, 'detector.log'),
    folder,
  });
  try {
    await untilReady(
      detector,
      async () =>
        (await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok,
    );
  } catch (problem) {
    await detector.stop();
    throw problem;
  }
  return { process: detector, stop: () => detector.stop() };
}
