import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { provide } from './cache.js';
import { onPath, prometheusRecipe } from './component-recipes.js';
import { freePort } from './free-port.js';
import { launch, untilReady, type Supervised } from './supervised.js';

/**
 * Path of a program of Prometheus: the one on the PATH, else one unpacked into the cache.
 *
 * @throws naming how to get it, where there is no apt
 */
export async function providePrometheus(program: 'prometheus' | 'promtool'): Promise<string> {
  return onPath(program) ?? join(await provide(prometheusRecipe), 'bin', program);
}

export interface PrometheusStack {
  /** Without a slash at the end. */
  readonly url: string;
  readonly process: Supervised;
  stop(): Promise<void>;
}

/**
 * A Prometheus that scrapes one exporter and evaluates rules, each every second; its data lies in `folder`.
 * @param place `target` is the exporter's `host:port`, `rules` a file's text
 */
export async function startPrometheus(place: {
  readonly folder: string;
  readonly target: string;
  readonly rules: string;
}): Promise<PrometheusStack> {
  const { folder, target, rules } = place;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'rules.yaml'), rules);
  const configuration = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: [{ job_name: 'exporter', static_configs: [{ targets: [target] }] }],
  };
  const file = join(folder, 'prometheus.yaml');
  await writeFile(file, stringify(configuration));
  const address = `127.0.0.1:${await freePort()}`;
  const server = await launch({
    name: 'prometheus',
    program: await providePrometheus('prometheus'),
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    log: join(folder, 'prometheus.log'),
    folder,
  });
  const url = `http://${address}`;
  try {
    await untilReady(server, async () => (await fetch(`${url}/-/ready`)).ok);
  } catch (problem) {
    await server.stop();
    throw problem;
  }
  return { url, process: server, stop: () => server.stop() };
}
