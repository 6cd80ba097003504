import { Type } from '@sinclair/typebox';

import { clustersSection } from './clusters.js';
import { guardSection } from './guard.js';
import {
  archiveSection,
  eventLogSection,
  httpSection,
  installationSection,
  journalSection,
  schemaRegistrySection,
} from './connections.js';
import { faultsSection, modeSection, recipeSection, settleSection } from './policy.js';
import {
  detectorSection,
  driversSection,
  executorSection,
  intakeSection,
  tracingSection,
} from './services.js';
import { section } from './values.js';
import { webhooksSection } from './webhooks.js';

/**
 * All of `faultline.yaml`. Members with a default are required here, since the validator fills them in before it looks;
 * in the published schema they are optional.
 */
export const wholeFile = section(
  {
    installation: installationSection,
    http: httpSection,
    clusters: clustersSection,
    mode: modeSection,
    eventLog: eventLogSection,
    journal: journalSection,
    archive: archiveSection,
    schemaRegistry: schemaRegistrySection,
    intake: intakeSection,
    detector: detectorSection,
    executor: executorSection,
    guard: guardSection,
    drivers: driversSection,
    tracing: Type.Optional(tracingSection),
    webhooks: webhooksSection,
    recipe: recipeSection,
    faults: faultsSection,
    sourcesSettleTime: settleSection,
  },
  'Configuration and policy of Faultline.',
);

/** The file as written, defaults filled in, durations still text. */
export type ConfigurationFile = (typeof wholeFile)['static'];
