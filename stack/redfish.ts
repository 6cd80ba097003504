import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { provide } from './cache.js';
import { pythonRecipe } from './component-recipes.js';
import { freePort } from './free-ports.js';
import { launch, untilReady, type Supervised } from './supervised.js';

export interface RedfishSystem {
  readonly uuid: string;
  readonly name: string;
}

export interface RedfishStack {
  /** `http://127.0.0.1:<port>`; a system is at `/redfish/v1/Systems/<uuid>`. No authentication. */
  readonly url: string;
  readonly systems: readonly RedfishSystem[];
  readonly process: Supervised;
  stop(): Promise<void>;
}

/** Whether the emulator at `url` answers. */
export async function redfishAnswers(url: string): Promise<boolean> {
  return (await fetch(`${url}/redfish/v1/Systems`, { signal: AbortSignal.timeout(2_000) })).ok;
}

function configuration(folder: string, systems: readonly RedfishSystem[]): string {
  const fake = systems.map((system, index) => ({
    ...system,
    power_state: 'On',
    external_notifier: false,
    nics: [
      {
        mac: `02:00:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
        ip: `172.22.${index >> 8}.${index & 255}`,
      },
    ],
  }));
  // The file is Python: JSON's true and null are none of its words, hence the parser.
  return [
    'import json',
    'SUSHY_EMULATOR_FAKE_DRIVER = True',
    `SUSHY_EMULATOR_STATE_DIR = json.loads(r'''${JSON.stringify(join(folder, 'state'))}''')`,
    `SUSHY_EMULATOR_FAKE_SYSTEMS = json.loads(r'''${JSON.stringify(fake)}''')`,
    '',
  ].join('\n');
}

/** sushy's Redfish emulator with machines that are on. A change of power takes effect 1 to 11 s after the request, as with real BMCs. */
export async function startRedfish(options: {
  systems: readonly RedfishSystem[];
  folder: string;
  port?: number;
}): Promise<RedfishStack> {
  const python = join(await provide(pythonRecipe), 'bin', 'python');
  const { folder, systems } = options;
  await mkdir(join(folder, 'state'), { recursive: true });
  const file = join(folder, 'sushy.conf');
  await writeFile(file, configuration(folder, systems));
  const port = options.port ?? (await freePort());
  const emulator = await launch({
    name: 'redfish',
    program: python,
    args: [
      '-c',
      'from sushy_tools.emulator.main import main; main()',
      '--fake',
      '--interface',
      '127.0.0.1',
      '--port',
      String(port),
      '--config',
      file,
    ],
    log: join(folder, 'redfish.log'),
    folder,
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(emulator, () => redfishAnswers(url));
  } catch (problem) {
    await emulator.stop();
    throw problem;
  }
  return { url, systems, process: emulator, stop: () => emulator.stop() };
}
