import { Command, CommanderError } from 'commander';

import { eventsCommand } from './commands/events.js';
import { archiveCommand } from './commands/archive.js';
import { exportCommand, importCommand } from './commands/backup.js';
import { completeCommand, completionCommand } from './commands/completion.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { getCommand } from './commands/get.js';
import { guardCommand } from './commands/guard.js';
import { journalCommand } from './commands/journal.js';
import { dltCommand } from './commands/dlt.js';
import { describeCommand, historyCommand, replayCommand } from './commands/look.js';
import { orderCommand } from './commands/order.js';
import { reportCommand } from './commands/report.js';
import { republishCommand } from './commands/republish.js';
import { runCommand } from './commands/run.js';
import { simulateCommand } from './commands/simulate.js';
import { schemasCommand } from './commands/schemas.js';
import { topicsCommand } from './commands/topics.js';
import { asCommandFailed, CommandFailed, errorCatalog, RunEnded } from './errors.js';
import { exitCodes } from './exit-codes.js';
import { packageVersion } from './package-version.js';
import { webhooksCommand } from './commands/webhooks.js';
import type { Terminal } from './terminal.js';

/** What commander says against a command line is told as all errors are, by whoever runs it. */
function quiet(command: Command, terminal: Terminal, onRefused: (command: Command) => void): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => {
      terminal.out(text);
    },
    writeErr: (text) => {
      terminal.err(text);
    },
    outputError: () => {
      onRefused(command);
    },
  });
  for (const child of command.commands) quiet(child, terminal, onRefused);
}

/**
 * All commands. Each imports what it works with when it is given: with services, stores and world, `faultline get` took ten times as long.
 */
export function createProgram(
  terminal: Terminal,
  onRefused: (command: Command) => void = () => undefined,
): Command {
  const program = new Command('faultline')
    .description(
      'Finds faulty nodes, moves their workload, has them repaired, proves them well and gives them back.',
    )
    .version(packageVersion());
  for (const create of [
    demoCommand,
    simulateCommand,
    runCommand,
    reportCommand,
    getCommand,
    describeCommand,
    historyCommand,
    replayCommand,
    orderCommand,
    guardCommand,
    dltCommand,
    eventsCommand,
    republishCommand,
    webhooksCommand,
    journalCommand,
    archiveCommand,
    exportCommand,
    importCommand,
    schemasCommand,
    topicsCommand,
    doctorCommand,
    completionCommand,
  ]) {
    program.addCommand(create(terminal));
  }
  program.addCommand(completeCommand(terminal, program), { hidden: true });
  quiet(program, terminal, onRefused);
  return program;
}

/** `faultline get nodes` */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function usageOf(error: CommanderError, refused: Command | undefined): CommandFailed {
  const message = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  return new CommandFailed(
    'Usage',
    message,
    refused === undefined ? undefined : `see \`${nameOf(refused)} --help\``,
  );
}

/** Runs one command line; resolves with the exit code. Errors are told on stderr: what, and what to do. */
export async function runProgram(terminal: Terminal, words: readonly string[]): Promise<number> {
  const refused: Command[] = [];
  const program = createProgram(terminal, (command) => {
    refused.push(command);
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError && refused.length === 0)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (error instanceof RunEnded) return error.exitCode;
    if (terminal.interrupted.aborted) return exitCodes.interrupted;
    const failure = error instanceof CommanderError ? usageOf(error, refused.at(-1)) : asCommandFailed(error);
    terminal.err(`error (${failure.code}): ${failure.message}\nnext: ${failure.next}\n`);
    if (terminal.environment['FAULTLINE_DEBUG'] === '1' && error instanceof Error)
      terminal.err(`${error.stack ?? ''}\n`);
    return errorCatalog[failure.code].exitCode;
  }
}
