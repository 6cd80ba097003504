import { Diagnosed, messageOf } from './check.js';

interface Trouble {
  /** How Node, OpenSSL or the client says it. */
  readonly said: RegExp;
  readonly means: string;
  /** `section`: of the configuration, `eventLog` or `schemaRegistry`. */
  readonly next: (section: string) => string;
}

/** The first that fits counts. */
const troubles: readonly Trouble[] = [
  {
    said: /does not match certificate's altnames/i,
    means: 'the certificate is for another host name',
    next: (section) =>
      `give ${section} a name or address that stands in the certificate, or have one issued with this one`,
  },
  {
    said: /self[- ]signed certificate|unable to (verify|get)\b.*certificate/i,
    means: 'the certificate comes from an authority that is not trusted here',
    next: (section) => `set ${section}.tls.certificateAuthorityFile to the authority that issued it`,
  },
  {
    said: /certificate (has expired|is not yet valid)/i,
    means: 'the certificate is not valid today',
    next: () => 'have it renewed, or set the clock of this machine',
  },
  {
    said: /certificate required|alert (bad certificate|certificate unknown|unknown ca)/i,
    means: 'it wants a client certificate from an authority that it trusts',
    next: (section) => `set ${section}.tls.certificateFile and keyFile to one`,
  },
  {
    said: /wrong version number|packet length too long|EPROTO|before secure TLS connection/i,
    means: 'it speaks no TLS at this port',
    next: (section) => `name its port for TLS, or remove ${section}.tls`,
  },
  {
    said: /SASL .*authentication failed|invalid credentials/i,
    means: 'user or password is wrong, or it does not take this mechanism',
    next: (section) =>
      `check ${section}.sasl: username, the password that its file or variable holds, and mechanism`,
  },
  {
    said: /answered 40[13]\b/i,
    means: 'user, password or token is wrong, or has no right to read',
    next: (section) =>
      `check ${section}.username and its password, or its token, and what the registry allows them`,
  },
  {
    said: /closed connection|socket hang up|other side closed|ECONNRESET|request timed out/i,
    means: 'it ends the connection without an answer',
    next: (section) =>
      section === 'eventLog'
        ? 'if it wants TLS, SASL or a client certificate at this port, set eventLog.tls and eventLog.sasl'
        : `if it wants TLS or a client certificate, give ${section}.url as https:// and set ${section}.tls`,
  },
];

/** Does `work`; where its connection is refused for a reason that is known, rejects with Diagnosed: the reason and what to do. */
export async function diagnosing<Result>(section: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Diagnosed) throw error;
    const said = messageOf(error);
    const trouble = troubles.find((one) => one.said.test(said));
    if (trouble === undefined) throw error;
    throw new Diagnosed(`${trouble.means} (${said})`, trouble.next(section), { cause: error });
  }
}
