#!/usr/bin/env node
import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

const code = await runProgram(processTerminal(), process.argv.slice(2));
// What was written has to leave before the process ends; open handles of libraries must not keep it.
process.exitCode = code;
process.stdout.write('', () => process.exit(code));
