import type { Part } from './repository-files.js';

/** One thing that an account may or may not do. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Undefined: in every namespace, or without one. */
  readonly namespace?: string;
}

export function describeRight({ verb, group, resource, subresource, namespace }: Right): string {
  const what = [resource, ...(subresource === undefined ? [] : [subresource])].join('/');
  const where = namespace === undefined ? 'everywhere' : `in ${namespace}`;
  return `${verb} ${what}${group === '' ? '' : `.${group}`} ${where}`;
}

function rightsOfRule(rule: Part, namespace: string | undefined): readonly Right[] {
  return rule
    .at('apiGroups')
    .texts()
    .flatMap((group) =>
      rule
        .at('resources')
        .texts()
        .flatMap((name) =>
          rule
            .at('verbs')
            .texts()
            .map((verb) => {
              const [resource = '', subresource] = name.split('/');
              return {
                verb,
                group,
                resource,
                ...(subresource === undefined ? {} : { subresource }),
                ...(namespace === undefined ? {} : { namespace }),
              };
            }),
        ),
    );
}

/** Every right that the roles among some manifests give. */
export function rightsGranted(manifests: readonly Part[]): readonly Right[] {
  return manifests
    .filter((manifest) => ['Role', 'ClusterRole'].includes(manifest.at('kind').text()))
    .flatMap((role) => {
      const metadata = role.at('metadata');
      const namespace = metadata.has('namespace') ? metadata.at('namespace').text() : undefined;
      return role.each('rules').flatMap(([, rule]) => rightsOfRule(rule, namespace));
    });
}

/** The question whether the asking account has this right, as the API server takes it. */
export function accessReview({ namespace, ...attributes }: Right): object {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { ...attributes, ...(namespace === undefined ? {} : { namespace }) } },
  };
}
