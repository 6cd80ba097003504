import { Command, InvalidArgumentError } from 'commander';

import type { AccessRule } from '../../adapters/kafka/rights/access-rules.js';
import type { Permission } from '../../adapters/kafka/topics/plan-topics.js';
import { catalog } from '../../schemas/catalog.js';
import { roles, type Role } from '../../schemas/roles.js';
import type { TopicWork } from '../composition/topics.js';
import { CommandFailed } from '../errors.js';
import { printView } from '../output/print.js';
import { accessRuleView, topicPlanView } from '../output/topic-views.js';
import type { Terminal } from '../terminal.js';
import { outputOption, type OutputOptions } from './common.js';

interface TopicOptions extends Pick<OutputOptions, 'output'> {
  readonly config: string;
  readonly allowMorePartitions?: boolean;
  readonly allowShorterRetention?: boolean;
  readonly replicationFactor?: number;
}

interface AccessOptions extends Pick<OutputOptions, 'output'>, Readonly<Record<Role, readonly string[]>> {
  readonly config: string;
  readonly history: readonly string[];
  readonly apply?: boolean;
}

async function workOf({ environment }: Terminal, config: string): Promise<TopicWork> {
  const { loadConfiguration } = await import('../configuration/load.js');
  return { configuration: loadConfiguration(config), environment };
}

function allowedBy({ allowMorePartitions, allowShorterRetention }: TopicOptions): ReadonlySet<Permission> {
  return new Set<Permission>([
    ...(allowMorePartitions === true ? (['more-partitions'] as const) : []),
    ...(allowShorterRetention === true ? (['shorter-retention'] as const) : []),
  ]);
}

async function topics(terminal: Terminal, options: TopicOptions, apply: boolean): Promise<void> {
  const { workOnTopics } = await import('../composition/topics.js');
  const allowed = allowedBy(options);
  const replicationFactor = options.replicationFactor ?? -1;
  const work = await workOf(terminal, options.config);
  const plans = await workOnTopics(work, { apply, allowed, replicationFactor });
  const items = plans.map((plan) => ({ ...plan, changes: [...plan.changes] }));
  const document = { apiVersion: 'faultline.dev/v1', kind: 'TopicPlan', applied: apply, items } as const;
  printView(terminal, options.output, document, topicPlanView);
  const left = plans.filter(({ changes }) =>
    changes.some(({ setting, action }) => setting === 'partitions' && action !== 'set'),
  );
  // Longer retention harms nobody and may be meant; with other partitions Faultline refuses to run.
  if (apply && left.length > 0) {
    throw new CommandFailed(
      'Refused',
      `${left.length} topics have another number of partitions than the catalog; all else was done`,
      'see the note at each: with these, Faultline refuses to run',
    );
  }
}

function replicas(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number above 0');
  return value;
}

function topicCommand(terminal: Terminal, name: 'plan' | 'apply', description: string): Command {
  return new Command(name)
    .description(description)
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .option(
      '--allow-more-partitions',
      'raise the number of partitions: most nodes then have another one, so that their order is lost for whoever has not read all before; for topics that nobody has used',
    )
    .option(
      '--allow-shorter-retention',
      'set a shorter retention, or another cleanup policy, although Kafka may then delete records',
    )
    .option('--replication-factor <n>', 'of topics that are made, else the broker’s default', replicas)
    .addOption(outputOption())
    .action((options: TopicOptions) => topics(terminal, options, name === 'apply'));
}

function principalOf(name: string): string {
  return name.includes(':') ? name : `User:${name}`;
}

/** Of these the catalog says who may do what. */
function refuseCatalogTopics(history: readonly string[]): void {
  const live = history.find((topic) => catalog.some((entry) => entry.topic === topic));
  if (live === undefined) return;
  throw new CommandFailed(
    'Usage',
    `--history ${live}: that is a live topic`,
    'name the topic that `faultline republish --to` fills',
  );
}

async function access(terminal: Terminal, options: AccessOptions): Promise<void> {
  const { accessRules } = await import('../../adapters/kafka/rights/access-rules.js');
  const { everyGroup } = await import('../composition/start/consumer-groups.js');
  const grants = roles.flatMap((role) =>
    options[role].map((name) => ({ principal: principalOf(name), role })),
  );
  if (grants.length === 0) {
    const flags = roles.map((role) => `--${role}`).join(', ');
    throw new CommandFailed('Usage', 'nobody is named', `name users with ${flags}`);
  }
  const { history } = options;
  refuseCatalogTopics(history);
  const rules = grants.flatMap((grant) => accessRules(grant, { groups: everyGroup, history }));
  const added = await addRules(terminal, options, rules);
  const items = rules.map((rule) => (added === undefined ? rule : { ...rule, added: added.has(rule) }));
  const applied = added !== undefined;
  const document = { apiVersion: 'faultline.dev/v1', kind: 'AccessRuleList', applied, items } as const;
  printView(terminal, options.output, document, accessRuleView);
}

/** The rules that were not there; undefined when they are only shown. */
async function addRules(
  terminal: Terminal,
  { apply, config }: AccessOptions,
  rules: readonly AccessRule[],
): Promise<ReadonlySet<AccessRule> | undefined> {
  if (apply !== true) return undefined;
  const { allowInKafka } = await import('../composition/topics.js');
  return new Set(await allowInKafka(await workOf(terminal, config), rules));
}

const whatRolesAre: Readonly<Record<Role, string>> = {
  faultline: 'the user of Faultline’s own services',
  producer: 'who answers migration requests: writes to the topics that are open to others, and nothing else',
  subscriber: 'reads what is published, in groups of its own name; can write nothing',
  operator: 'reads every topic and changes their settings; can delete none',
};

function accessCommand(terminal: Terminal): Command {
  const command = new Command('acls')
    .description(
      'what each role may do in Kafka, for the users named (`alice`, or `User:alice`); with --apply, rules that are missing are made, and none is taken away',
    )
    .option('-c, --config <file>', 'configuration, for --apply', 'faultline.yaml');
  const several = (name: string, before: readonly string[]): readonly string[] => [...before, name];
  for (const role of roles)
    command.option(`--${role} <user>`, `${whatRolesAre[role]}; may be repeated`, several, []);
  return command
    .option(
      '--history <topic>',
      'a topic of its own that `faultline republish` fills: Faultline makes and writes it, subscribers and operators read it; may be repeated',
      several,
      [],
    )
    .option('--apply', 'make what is missing; Kafka needs an authorizer, and this user the right to alter it')
    .addOption(outputOption())
    .action((options: AccessOptions) => access(terminal, options));
}

/** What an operator of Kafka does about the topics of the catalog. */
export function topicsCommand(terminal: Terminal): Command {
  const plan = 'how the topics in Kafka differ from the catalog, and what `apply` would do';
  const apply =
    'make the topics as the catalog says; what is there is kept: no topic is deleted, none made smaller, and records are given up only with a flag';
  return new Command('topics')
    .description('topics in Kafka, and who may use them')
    .addCommand(topicCommand(terminal, 'plan', plan))
    .addCommand(topicCommand(terminal, 'apply', apply))
    .addCommand(accessCommand(terminal));
}
