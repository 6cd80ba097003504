import { workflowNames, type WorkflowName } from '../domain/node-state.js';
import { activeVersion, machineOf } from './catalog.js';
import { ordersOfStage } from './orders.js';

/** One arrow of a diagram. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** Results that a stage says nothing about all go the same way; drawn for each stage they would hide the workflow. */
const heardEverywhere =
  'Every stage also hears: `node.deleted`, `node.recreated`, `order.abort`, and results that are not drawn ask a person.';

function arrowsOf(workflow: WorkflowName): readonly Arrow[] {
  const { states } = machineOf(workflow, activeVersion[workflow]);
  return Object.values(states).flatMap((state) =>
    [...state.transitions.values(), state.always ?? []].flatMap((transitions) =>
      transitions.flatMap(({ eventType, target, guard }) =>
        (target ?? []).map((to) => ({
          from: state.key,
          to: to.key,
          label: `${eventType}${guardName(guard)}`.trim(),
        })),
      ),
    ),
  );
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return ` [${guard}]`;
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return ` [${String(guard.type)}]`;
  return '';
}

/** Several ways between two stages share an arrow. */
function drawn(arrows: readonly Arrow[]): readonly string[] {
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of arrows) {
    const key = `${from} --> ${to}`;
    labels.set(key, [...(labels.get(key) ?? []), label]);
  }
  return [...labels].map(([key, all]) => {
    const said = [...new Set(all)].filter((label) => label !== '');
    return said.length === 0 ? `  ${key}` : `  ${key} : ${said.join(', ')}`;
  });
}

function diagramOf(workflow: WorkflowName): string {
  const version = activeVersion[workflow];
  return [
    `## ${workflow} (version ${version})`,
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> assessing',
    ...drawn(arrowsOf(workflow)),
    '```',
    '',
  ].join('\n');
}

/** docs/workflows.md: every machine as it is, and the orders that each stage takes. */
export function workflowsDocument(): string {
  const orders = Object.entries(ordersOfStage).map(
    ([stage, taken]) => `| ${stage} | ${taken.length === 0 ? 'none' : taken.join(', ')} |`,
  );
  return [
    '# Workflows',
    '',
    'Generated from `workflows/`. ' + heardEverywhere,
    '',
    ...workflowNames.map(diagramOf),
    '## Orders that a stage takes',
    '',
    '`skip` leads to verification, by way of power where the machine is off: nothing skips verification, return or observation.',
    '',
    '| stage | orders |',
    '| --- | --- |',
    ...orders,
    '',
  ].join('\n');
}
