import { expect, it } from 'vitest';
import { cloudEventHeaders } from '../../../schemas/cloud-events.js';
import { differencesFromCatalog } from '../../catalog-differences.js';

const value = {
  ...Object.fromEntries(
    ['cluster', 'node', 'processId', 'workflow', 'outcome', 'reason'].map((name) => [name, '']),
  ),
};
const record = {
  topic: 'maintenance.outcomes',
  key: 'a/n1',
  headers: cloudEventHeaders({
    event: 'ProcessEnded',
    id: 'a/n1/7',
    source: '/faultline/abc/maintenance',
    time: 0,
    subject: 'a/n1',
  }),
  value,
};

const problems = (changed: object): readonly string[] => differencesFromCatalog({ ...record, ...changed });
const headers = (changed: object): readonly string[] =>
  problems({ headers: { ...record.headers, ...changed } });

it('finds whatever of a record is not as the catalog says', () => {
  const [missing = '', ...others] = problems({});
  expect(missing).toMatch(/has cluster,node,processId,workflow,outcome,reason, not cluster,.*,endedAt,/);
  expect(others).toEqual([]);
  expect(problems({ topic: 'maintenance.other' })).toEqual(['maintenance.other is not in the catalog']);
  expect(problems({ key: 'a/n2' }).join()).toContain('ce_subject is a/n1, not a/n2');
  expect(headers({ ce_type: 'dev.faultline.Signal' }).join()).toContain('ce_type is dev.faultline.Signal');
  expect(headers({ ce_source: 'x' }).join()).toContain('headers/ce_source must match pattern');
  expect(headers({ unheard: 'of' }).join()).toContain('must NOT have additional properties');
  expect(headers({ ce_dataschema: 'urn:other' }).join()).toContain('ce_dataschema is urn:other');
});
