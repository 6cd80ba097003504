import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { neededRights } from '../../cli/doctor/kubernetes.js';
import { packageRoot } from '../../schemas/package-root.js';

interface Manifest {
  readonly kind: string;
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

it('doctor asks for the rights that deploy/rbac.yaml gives in the whole cluster, and no others', () => {
  const source = readFileSync(join(packageRoot(), 'deploy/rbac.yaml'), 'utf8');
  const role = parseAllDocuments(source)
    .map((document) => document.toJS() as Manifest)
    .find(({ kind }) => kind === 'ClusterRole');
  const given = (role?.rules ?? []).flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
  const asked = neededRights.map(({ verb, resource, subresource }) =>
    [`${verb} ${resource}`, ...(subresource === undefined ? [] : [subresource])].join('/'),
  );
  expect([...asked].sort()).toEqual([...given].sort());
});
