import { Agent, request } from 'undici';

/** Intake answered with anything but 202 for everything. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
}

/** Sends reports to intake over kept-alive connections. */
export class ReportSender {
  readonly #url: string;
  readonly #agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 60_000 });

  constructor(faultline: string) {
    this.#url = `${faultline}/v1/reports`;
  }

  /** NDJSON; resolves with the number of accepted reports once the answer is here. */
  async send(lines: readonly string[]): Promise<number> {
    const { statusCode, body } = await request(this.#url, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    const text = await body.text();
    if (statusCode !== 202) throw new NotAccepted(`${statusCode} ${text.slice(0, 300)}`);
    const { accepted } = JSON.parse(text) as { accepted: readonly string[] };
    if (accepted.length !== lines.length) throw new NotAccepted(text.slice(0, 300));
    return accepted.length;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
