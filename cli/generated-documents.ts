import { asyncApiDocument } from '../schemas/documents/async-api.js';
import { clientEventsModule } from '../schemas/documents/client-events.js';
import { eventsPage } from '../schemas/documents/events-page.js';
import { eventsDocument } from '../schemas/documents/events-document.js';
import { metricsDocument } from './metrics-document.js';
import { workflowsDocument } from '../workflows/document.js';
import { openApiDocument } from '../services/console/open-api.js';
import { commandReference } from './command-reference.js';
import { publishedConfigurationSchema } from './configuration/published-schema.js';
import { errorsDocument } from './errors.js';
import { packageVersion } from './package-version.js';
import { publishedForm, publishedForms } from './forms/published-forms.js';

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Every document that is made from code: path from the root of the package, and its text. */
export function generatedDocuments(): readonly (readonly [path: string, content: string])[] {
  const forms = Object.entries(publishedForms).map(
    ([kind, schema]) => [`schemas/cli/${kind}.schema.json`, json(publishedForm(kind, schema))] as const,
  );
  return [
    ...forms,
    ['schemas/config/faultline.schema.json', publishedConfigurationSchema()],
    ['docs/openapi.json', json(openApiDocument())],
    ['docs/asyncapi.json', json(asyncApiDocument(packageVersion()))],
    ['docs/events.md', eventsDocument()],
    ['docs/events.html', eventsPage(eventsDocument())],
    ['packages/client/src/generated/events.ts', clientEventsModule()],
    ['docs/errors.md', errorsDocument()],
    ['docs/cli.md', commandReference()],
    ['docs/workflows.md', workflowsDocument()],
    ['docs/operations/metrics.md', metricsDocument()],
  ];
}
