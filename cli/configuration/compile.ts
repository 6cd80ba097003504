import { createHash } from 'node:crypto';

import { canonicalJson } from '../../domain/json.js';
import { compilation } from './compilation.js';
import { compileClusters } from './compile-clusters.js';
import {
  compileArchive,
  compileEventLog,
  compileJournal,
  compileSchemaRegistry,
} from './compile-connections.js';
import { compileGuard, compileSeverities } from './compile-guard.js';
import { compilePolicy } from './compile-policy.js';
import { compileWebhooks } from './compile-webhooks.js';
import {
  compileDetector,
  compileDrivers,
  compileHttp,
  compileIntake,
  compileWebhook,
} from './compile-services.js';
import type { Configuration } from './configuration.js';
import type { LocatedDocument } from './positions.js';
import type { ConfigurationProblem } from './problems.js';
import type { ConfigurationFile } from './sections/whole-file.js';

/** Of the whole file it stands in the journal as the version of the policy. */
function digestOf(part: Partial<ConfigurationFile>): string {
  return createHash('sha256').update(canonicalJson(part)).digest('hex').slice(0, 16);
}

/**
 * From the form as written to what the parts are given.
 * @returns every problem of meaning; the configuration may be used only when there is none
 */
export function compile(
  path: string,
  file: ConfigurationFile,
  document: LocatedDocument,
): { readonly configuration: Configuration; readonly problems: readonly ConfigurationProblem[] } {
  const problems: ConfigurationProblem[] = [];
  const context = compilation(path, document, problems);
  const { guard, ...fixed } = file;
  const { concurrency, attemptLease } = file.executor;
  const { dataFolder, upkeepEvery } = file.installation;
  const tracing = compileWebhook(context, ['tracing'], file.tracing);
  const configuration: Configuration = {
    path,
    dataFolder: context.path(dataFolder),
    upkeepEveryMs: context.duration(['installation', 'upkeepEvery'], upkeepEvery),
    http: compileHttp(context, file.http),
    clusters: compileClusters(context, file),
    eventLog: compileEventLog(context, file.eventLog),
    journal: compileJournal(context, file.journal),
    archive: compileArchive(context, file.archive),
    schemaRegistry: compileSchemaRegistry(context, file.schemaRegistry),
    intake: compileIntake(context, file.intake),
    detector: compileDetector(context, file.detector),
    executor: { concurrency, attemptLeaseMs: context.duration(['executor', 'attemptLease'], attemptLease) },
    fixedDigest: digestOf(fixed),
    guard: {
      version: digestOf({ guard }),
      text: canonicalJson(guard),
      ...compileGuard(
        context,
        guard,
        file.clusters.map(({ name }) => name),
      ),
    },
    severities: compileSeverities(file),
    drivers: compileDrivers(context, file.drivers),
    ...(tracing === undefined ? {} : { tracing }),
    webhooks: compileWebhooks(context, file),
    policy: compilePolicy(context, file, digestOf(file)),
  };
  return { configuration, problems };
}
