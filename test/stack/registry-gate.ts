import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Certificate, CertificateAuthority } from '../../stack/certificates.js';

export interface RegistryGateOptions {
  readonly registryUrl: string;
  readonly authority: CertificateAuthority;
  readonly server: Certificate;
  readonly token: string;
}

export interface RegistryGate {
  /** Like `registryUrl`, with https. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The registry behind what guards one at work: only who has a certificate of the authority and the token comes through. */
export async function startRegistryGate(options: RegistryGateOptions): Promise<RegistryGate> {
  const { registryUrl, authority, server: certificate, token } = options;
  const { origin, pathname } = new URL(registryUrl);
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '', headers } = request;
    if (headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
      return;
    }
    const body = method === 'GET' ? {} : { body: await text(request) };
    const contentType = headers['content-type'] ?? 'application/json';
    const answer = await fetch(`${origin}${url}`, {
      method,
      headers: { 'content-type': contentType },
      ...body,
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(await answer.text());
  };
  const server = createServer(
    {
      ca: await readFile(authority.certificateFile),
      cert: await readFile(certificate.certificateFile),
      key: await readFile(certificate.keyFile),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      pass(request, response).catch(() => response.writeHead(502).end());
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}${pathname}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
