import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CommandFailed } from './errors.js';
import type { Terminal } from './terminal.js';

/** Written by `run` and `demo` when they listen: how commands in the same folder find them. */
export const serverFile = join('.faultline', 'server.json');
const defaultServer = 'http://127.0.0.1:7766';

function fromFile(path: string): string | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content !== 'object' || content === null || !('url' in content)) return undefined;
    return typeof content.url === 'string' ? content.url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Base URL of the server: `--server`, else FAULTLINE_SERVER, else what a local run wrote, else the default.
 * @throws CommandFailed Usage
 */
export function serverAddress(terminal: Terminal, given: string | undefined): string {
  const address = given ?? terminal.environment['FAULTLINE_SERVER'] ?? fromFile(serverFile) ?? defaultServer;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new CommandFailed(
      'Usage',
      `${address} is not the URL of a server`,
      'write it like http://host:7766',
    );
  }
  return address.replace(/\/+$/, '');
}
