import { createHmac } from 'node:crypto';

/** A key that Standard Webhooks would not take. */
export class WebhookSecretInvalid extends Error {
  override readonly name = 'WebhookSecretInvalid';
}

/** @param text `whsec_` and base64 of 24 to 64 bytes @throws WebhookSecretInvalid; it never tells the secret */
export function webhookSecret(text: string): Buffer {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const key = Buffer.from(encoded ?? '', 'base64');
  if (key.length >= 24 && key.length <= 64) return key;
  throw new WebhookSecretInvalid(
    'it is not whsec_ followed by base64 of 24 to 64 random bytes: make one with `echo whsec_$(openssl rand -base64 32)`',
  );
}

/** The headers of Standard Webhooks 1.0.0: one signature per secret, so that either side can change first. */
export function signatureHeaders(
  { id, body, at }: { readonly id: string; readonly body: Buffer; readonly at: number },
  secrets: readonly Buffer[],
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(at / 1000));
  const signatures = secrets.map(
    (secret) =>
      `v1,${createHmac('sha256', secret).update(`${id}.${seconds}.`).update(body).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
}
