import { describe, expect, it } from 'vitest';
import { freePorts } from '../../adapters/loopback/free-port.js';

describe('given servers that are told their ports before they start', () => {
  it('then no outgoing connection takes such a port before its server listens', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    // Linux hands out 32768 and above, and Kubernetes 30000 to 32767.
    expect(ports.filter((port) => port >= 30_000)).toEqual([]);
  });
});
