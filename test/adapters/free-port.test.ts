import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { freePort, freePorts } from '../../adapters/loopback/free-port.js';

describe('given servers that are told their ports before they start', () => {
  it('then no outgoing connection takes such a port before its server listens', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    // Linux hands out 32768 and above, and Kubernetes 30000 to 32767.
    expect(ports.filter((port) => port >= 30_000)).toEqual([]);
  });

  it('then no other process is given such a port, however long its server takes to listen', async () => {
    // given
    const port = await freePort();
    const module = join(import.meta.dirname, '../../adapters/loopback/free-port.ts');
    // when another process looks at all ports from this one on
    const script = `
      import { syncBuiltinESMExports } from 'node:module';
      import crypto from 'node:crypto';
      crypto.randomInt = () => ${port};
      syncBuiltinESMExports();
      const { freePort } = await import(${JSON.stringify(module)});
      process.stdout.write(String(await freePort()));
    `;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    // then
    expect(Number(stdout)).toBeGreaterThanOrEqual(12_000);
    expect(Number(stdout)).not.toBe(port);
  });
});
