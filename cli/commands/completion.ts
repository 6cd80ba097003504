import { Argument, Command } from 'commander';

import type { GuardDescription } from '../../services/console/forms/guard.js';
import { completionWords, type ListNames } from '../completion-words.js';
import type { Terminal } from '../terminal.js';
import { everyItem, serverOf } from './common.js';

/** All three ask the command itself, so that they never fall behind it. */
const scripts = {
  bash: `_faultline() {
  local IFS=$'\\n'
  COMPREPLY=($(faultline complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _faultline faultline
`,
  zsh: `#compdef faultline
_faultline() {
  local -a found
  found=("\${(@f)$(faultline complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
}
compdef _faultline faultline
`,
  fish: `function __faultline_complete
  set -l words (commandline -opc) (commandline -ct)
  faultline complete -- $words[2..-1] 2>/dev/null
end
complete -c faultline -f -a '(__faultline_complete)'
`,
} as const;

type Shell = keyof typeof scripts;

export function completionCommand(terminal: Terminal): Command {
  return new Command('completion')
    .description('print the completion script of a shell: source <(faultline completion bash)')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .action((shell: Shell) => {
      terminal.out(scripts[shell]);
    });
}

function listNames(terminal: Terminal): ListNames {
  return async (list) => {
    try {
      const server = serverOf(terminal, {});
      if (list === 'nodes') {
        const { items } = await everyItem<{ cluster: string; node: string }>(server, '/v1/nodes');
        return items.map(({ cluster, node }) => `${cluster}/${node}`);
      }
      if (list === 'pauses') {
        const { pauses } = await server.get<GuardDescription>('/v1/guard');
        return pauses.map(({ id }) => id);
      }
      if (list === 'changes') {
        const { items } = await everyItem<{ id: string }>(server, '/v1/changes', { open: true });
        return items.map(({ id }) => id);
      }
      const { items } = await everyItem<{ processId: string }>(server, '/v1/processes', { active: true });
      return items.map(({ processId }) => processId);
    } catch {
      return [];
    }
  };
}

/** What the scripts call, hidden from the help. */
export function completeCommand(terminal: Terminal, program: Command): Command {
  return new Command('complete').argument('[words...]').action(async (words: readonly string[]) => {
    const found = await completionWords(program, words, listNames(terminal));
    terminal.out(found.map((word) => `${word}\n`).join(''));
  });
}
