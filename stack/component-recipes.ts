import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir, mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { buildCommand } from './build-command.js';
import type { Recipe } from './cache.js';
import { makePythonEnvironment } from './python-environment.js';

const kubernetesVersion = 'v1.35.0';
const versionPackage = 'k8s.io/component-base/version';
// Without the stamp the API server calls itself v0.0.0-master+$Format, and clients that parse the version fail.
const kubernetesLinkFlags = [
  '-s -w',
  `-X ${versionPackage}.gitVersion=${kubernetesVersion}`,
  `-X ${versionPackage}.gitMajor=1`,
  `-X ${versionPackage}.gitMinor=35`,
  `-X ${versionPackage}.gitTreeState=clean`,
  `-X k8s.io/client-go/pkg/version.gitVersion=${kubernetesVersion}`,
].join(' ');

const goEnvironment = { CGO_ENABLED: '0', GOWORK: 'off' };
const controlPlane = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

/** etcd and the Kubernetes control plane: `bin/etcd`, `bin/kube-apiserver`, …, `bin/kubectl`. */
export const kubernetesRecipe: Recipe = {
  name: 'kubernetes',
  version: kubernetesVersion,
  files: ['kubernetes/main.go', 'kubernetes/go.mod', 'kubernetes/go.sum'],
  salt: kubernetesLinkFlags,
  needs: ['go'],
  async build({ output, recipes, scratch, log }) {
    await cp(join(recipes, 'kubernetes'), scratch, { recursive: true });
    const binary = join(output, 'bin', 'control-plane');
    await buildCommand(
      'go',
      ['build', '-trimpath', '-tags', 'grpcnotrace', '-ldflags', kubernetesLinkFlags, '-o', binary, '.'],
      { log, folder: scratch, environment: { ...goEnvironment, GOFLAGS: '-mod=mod' } },
    );
    for (const name of controlPlane) await symlink('control-plane', join(output, 'bin', name));
  },
};

/** A program by its import path and version, into `bin`. */
async function goInstall(
  program: string,
  { output, scratch, log }: Pick<Parameters<Recipe['build']>[0], 'output' | 'scratch' | 'log'>,
): Promise<void> {
  await buildCommand('go', ['install', '-trimpath', '-ldflags', '-s -w', program], {
    log,
    folder: scratch,
    environment: { ...goEnvironment, GOFLAGS: '', GOBIN: join(output, 'bin') },
  });
}

/** kwok, which plays the kubelets: `bin/kwok`. */
export const kwokRecipe: Recipe = {
  name: 'kwok',
  version: 'v0.7.0',
  files: [],
  salt: 'go install -trimpath',
  needs: ['go'],
  build: (place) => goInstall('sigs.k8s.io/kwok/cmd/kwok@v0.7.0', place),
};

/** toxiproxy's server: `bin/server`. */
export const toxiproxyRecipe: Recipe = {
  name: 'toxiproxy',
  version: 'v2.12.0',
  files: [],
  salt: 'go install -trimpath',
  needs: ['go'],
  build: (place) => goInstall('github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0', place),
};

/** `bin/node-problem-detector`, without the journald watcher (that one needs cgo and libsystemd). */
export const nodeProblemDetectorRecipe: Recipe = {
  name: 'node-problem-detector',
  version: 'v1.34.0',
  files: ['program.go', 'go.mod', 'go.sum'].map((file) => `node-problem-detector/${file}`),
  salt: '1',
  needs: ['go'],
  async build({ output, recipes, scratch, log }) {
    await cp(join(recipes, 'node-problem-detector'), scratch, { recursive: true });
    const binary = join(output, 'bin', 'node-problem-detector');
    const program = 'k8s.io/node-problem-detector/cmd/nodeproblemdetector';
    await buildCommand('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', binary, program], {
      log,
      folder: scratch,
      environment: { ...goEnvironment, GOFLAGS: '-mod=mod' },
    });
  },
};

/** Kafka's jars and its logging configuration: `lib/*.jar`, `log4j2.properties`. */
export const kafkaRecipe: Recipe = {
  name: 'kafka',
  version: '4.1.1',
  files: ['kafka/pom.xml', 'kafka/log4j2.properties'],
  salt: '1',
  needs: ['java', 'mvn'],
  async build({ output, recipes, scratch, log }) {
    await cp(join(recipes, 'kafka'), scratch, { recursive: true });
    await buildCommand(
      'mvn',
      [
        '-B',
        '-q',
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${join(output, 'lib')}`,
      ],
      { log, folder: scratch },
    );
    await cp(join(scratch, 'log4j2.properties'), join(output, 'log4j2.properties'));
  },
};

/** Apicurio with its Confluent-compatible API: `apicurio-registry-app-…-runner.jar` and `lib/`. */
export const schemaRegistryRecipe: Recipe = {
  name: 'schema-registry',
  version: '2.6.13.Final',
  files: ['schema-registry/pom.xml'],
  salt: '1',
  needs: ['java', 'mvn'],
  async build({ output, recipes, scratch, log }) {
    await cp(join(recipes, 'schema-registry'), scratch, { recursive: true });
    await buildCommand('mvn', ['-B', '-q', 'process-resources', `-Doutput=${output}`], {
      log,
      folder: scratch,
    });
  },
};

/** sushy-emulator (Redfish) and fastavro in one virtual environment: run as `bin/python`: the scripts beside it hold the path of the build. */
export const pythonRecipe: Recipe = {
  name: 'python-tools',
  version: 'sushy-2.2.0',
  files: ['python/requirements.txt'],
  salt: '1',
  needs: ['python3'],
  async build({ output, recipes, log }) {
    const packages = ['-r', 'python/requirements.txt'];
    await makePythonEnvironment(output, packages, { log, workingFolder: recipes });
  },
};

export const kcatAdvice =
  'kcat is missing. Get it: Debian and Ubuntu: apt-get update, which is enough, or apt-get install kcat; macOS: brew install kcat';

/** Whether a package of Debian can be fetched, without installing it: apt is there and knows the package. */
export function canUnpack(debianPackage: string): boolean {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) return false;
  const { status, stdout } = spawnSync('apt-cache', ['show', debianPackage], { encoding: 'utf8' });
  return status === 0 && stdout !== '';
}

/** kcat from Debian's packages, unpacked and not installed: `usr/bin/kcat` and its libraries. */
export const kcatRecipe: Recipe = {
  name: 'kcat',
  version: 'debian',
  files: [],
  salt: 'kcat librdkafka1 libyajl2',
  needs: [],
  async build({ output, scratch, log }) {
    if (!canUnpack('kcat')) throw new Error(kcatAdvice);
    await buildCommand('apt-get', ['download', 'kcat', 'librdkafka1', 'libyajl2'], { log, folder: scratch });
    for (const file of (await readdir(scratch)).filter((name) => name.endsWith('.deb'))) {
      await buildCommand('dpkg', ['-x', file, output], { log, folder: scratch });
    }
    await mkdir(join(output, 'usr', 'bin'), { recursive: true });
  },
};

export const prometheusAdvice =
  'prometheus and promtool are missing. Get them: Debian and Ubuntu: apt-get update, which is enough, or apt-get install prometheus; macOS: brew install prometheus';

/**
 * `prometheus` and `promtool` from Debian's package, unpacked and not installed. Built with Go either takes more than nine minutes
 * on two busy cores, for it holds every service discovery that there is; this takes two seconds.
 */
export const prometheusRecipe: Recipe = {
  name: 'prometheus',
  version: 'debian',
  files: [],
  salt: 'prometheus 2',
  needs: [],
  async build({ output, scratch, log }) {
    if (!canUnpack('prometheus')) throw new Error(prometheusAdvice);
    await buildCommand('apt-get', ['download', 'prometheus'], { log, folder: scratch });
    const whole = join(scratch, 'whole');
    for (const file of (await readdir(scratch)).filter((name) => name.endsWith('.deb'))) {
      await buildCommand('dpkg', ['-x', file, whole], { log, folder: scratch });
    }
    await mkdir(join(output, 'bin'), { recursive: true });
    for (const program of ['prometheus', 'promtool'])
      await cp(join(whole, 'usr', 'bin', program), join(output, 'bin', program));
  },
};

/** A program on the PATH, or undefined. */
export function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** All that `npm run stack up` needs, the quick ones first. */
export const stackRecipes: readonly Recipe[] = [
  kafkaRecipe,
  schemaRegistryRecipe,
  pythonRecipe,
  kubernetesRecipe,
  kwokRecipe,
  nodeProblemDetectorRecipe,
];
