import type { Command } from 'commander';

import { createProgram } from './program.js';

function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function sectionOf(command: Command): string[] {
  const shown = command.options.filter(({ hidden }) => !hidden);
  const options = shown.map(({ flags, description, argChoices }) => {
    const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
    return `| \`${cell(flags)}\` | ${cell(description)}${choices} |`;
  });
  return [
    `## ${nameOf(command)}`,
    '',
    command.description(),
    '',
    `    ${nameOf(command)} ${command.usage()}`,
    '',
    ...(options.length === 0 ? [] : ['| option | |', '| --- | --- |', ...options, '']),
  ];
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

const introduction = `# The command line

Generated from \`cli/\`. Results go to stdout, everything else to stderr. \`-o json\` prints one document with
\`apiVersion\` and \`kind\`, described by \`schemas/cli/KIND.schema.json\`; \`jsonl\` prints its items, a line each;
the table is for people and no contract. The server is \`--server\`, else \`FAULTLINE_SERVER\`, else the local run of
the same folder, else \`http://127.0.0.1:7766\`. Exit codes: 0 ok (an empty list too), 1 failed, 2 usage, 3 not found,
4 refused, 5 timed out, 6 differs, 7 leave lost, 130 interrupted; see errors.md.
`;

/** docs/cli.md */
export function commandReference(): string {
  const program = createProgram({
    out: () => undefined,
    err: () => undefined,
    environment: {},
    colour: false,
    interactive: false,
    interrupted: new AbortController().signal,
    onHangup: () => undefined,
    outBytes: () => undefined,
    outIsShown: false,
    drained: () => Promise.resolve(),
    readStdin: () => Promise.resolve(''),
  });
  const visible = leavesOf(program).filter((command) => command.name() !== 'complete');
  return [introduction, ...visible.flatMap(sectionOf)].join('\n');
}
