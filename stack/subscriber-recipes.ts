import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCommand } from './build-command.js';
import type { Recipe } from './cache.js';
import { makePythonEnvironment } from './python-environment.js';

/** From the folder of the recipes: each is built from what its readers copy. */
const examples = '../../packages/client/examples';

/** What the example in Java runs with, and its class: `lib/*.jar`, `classes/`. */
export const javaSubscriberRecipe: Recipe = {
  name: 'java-subscriber',
  version: '2.6.13.Final',
  files: [`${examples}/java/pom.xml`, `${examples}/java/Subscriber.java`],
  salt: '1',
  needs: ['java', 'javac', 'mvn'],
  async build({ output, recipes, scratch, log }) {
    await cp(join(recipes, examples, 'java'), scratch, { recursive: true });
    const library = join(output, 'lib');
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${library}`];
    await buildCommand('mvn', ['-B', '-q', ...copy], { log, folder: scratch });
    const compile = ['-cp', `${library}/*`, '-d', join(output, 'classes'), 'Subscriber.java'];
    await buildCommand('javac', compile, { log, folder: scratch });
  },
};

/** confluent-kafka and fastavro in a virtual environment: run as `bin/python`. */
export const pythonSubscriberRecipe: Recipe = {
  name: 'python-subscriber',
  version: '2.16.1',
  files: [`${examples}/python/requirements.txt`],
  salt: '1',
  needs: ['python3'],
  async build({ output, recipes, log }) {
    const packages = ['-r', `${examples}/python/requirements.txt`];
    await makePythonEnvironment(output, packages, { log, workingFolder: recipes });
  },
};
