/** Whether labels are what somebody asks for, as `kubectl -l` writes it: `pool=gpu,zone in (a,b),!spare`. */
export interface LabelSelector {
  /** Labels that it looks at. */
  readonly names: readonly string[];
  matches(labels: Readonly<Record<string, string>>): boolean;
}

/** It says nothing that could be meant: nobody is to believe that it selects. */
export class LabelSelectorInvalid extends Error {
  override readonly name = 'LabelSelectorInvalid';
}

interface Requirement {
  readonly label: string;
  readonly holds: (value: string | undefined) => boolean;
}

const label = String.raw`((?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)`;
const word = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?`;
const equality = new RegExp(String.raw`^${label}\s*(==|=|!=)\s*((?:${word})?)$`);
const membership = new RegExp(
  String.raw`^${label}\s+(in|notin)\s*\(\s*((?:${word})?(?:\s*,\s*(?:${word})?)*)\s*\)$`,
);
const existence = new RegExp(String.raw`^(!?)\s*${label}$`);

function requirementIn(text: string): Requirement {
  const equal = equality.exec(text);
  if (equal !== null) {
    const [, name = '', operator, wanted = ''] = equal;
    return { label: name, holds: (value) => (value === wanted) === (operator !== '!=') };
  }
  const member = membership.exec(text);
  if (member !== null) {
    const [, name = '', operator, list = ''] = member;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return {
      label: name,
      holds: (value) => (value !== undefined && values.has(value)) === (operator === 'in'),
    };
  }
  const exists = existence.exec(text);
  if (exists === null)
    throw new LabelSelectorInvalid(
      `"${text}" is none of label=value, label!=value, label in (a,b), label notin (a,b), label, !label`,
    );
  const [, not, name = ''] = exists;
  return { label: name, holds: (value) => (value === undefined) === (not === '!') };
}

/**
 * Reads a selector by the rules of Kubernetes (Labels and Selectors): all requirements must hold, and a label that is
 * not there is neither equal to nor in anything.
 * @throws LabelSelectorInvalid naming the requirement that means nothing
 */
export function labelSelectorOf(text: string): LabelSelector {
  const requirements = text.split(/,(?![^(]*\))/).map((requirement) => requirementIn(requirement.trim()));
  return {
    names: [...new Set(requirements.map((requirement) => requirement.label))],
    matches: (labels) =>
      requirements.every((requirement) =>
        requirement.holds(Object.hasOwn(labels, requirement.label) ? labels[requirement.label] : undefined),
      ),
  };
}
