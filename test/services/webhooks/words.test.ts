import { describe, expect, it } from 'vitest';

import type { EndpointAnswer } from '../../../adapters/ports/event-endpoint.js';
import { binaryMode } from '../../../services/webhooks/http-binding.js';
import { judgeAnswer } from '../../../services/webhooks/judge-answer.js';
import { signatureHeaders, webhookSecret, WebhookSecretInvalid } from '../../../services/webhooks/sign.js';

const now = Date.parse('2026-01-01T00:00:00Z');
const answered = (status: number, more: object = {}): EndpointAnswer => ({
  kind: 'answered',
  status,
  text: '',
  ...more,
});

describe('what follows from an answer', () => {
  it.each([
    [answered(200), { kind: 'delivered' }],
    [answered(202), { kind: 'delivered' }],
    [answered(410, { text: 'bye' }), { kind: 'gone', reason: 'status 410: bye' }],
    [answered(400, { text: 'what?' }), { kind: 'failed', result: 'refused', reason: 'status 400: what?' }],
    [answered(500), { kind: 'failed', result: 'refused', reason: 'status 500' }],
    [answered(503), { kind: 'failed', result: 'refused', reason: 'status 503' }],
    [answered(500, { retryAfter: '9' }), { kind: 'failed', result: 'refused', reason: 'status 500' }],
    [answered(429, { retryAfter: '9' }), { kind: 'hold', reason: 'status 429', forMs: 9_000 }],
    [
      answered(503, { retryAfter: 'Thu, 01 Jan 2026 00:01:00 GMT' }),
      { kind: 'hold', reason: 'status 503', forMs: 60_000 },
    ],
    [
      answered(503, { retryAfter: 'Wed, 31 Dec 2025 00:00:00 GMT' }),
      { kind: 'hold', reason: 'status 503', forMs: 0 },
    ],
    [answered(503, { retryAfter: '999999999' }), { kind: 'hold', reason: 'status 503', forMs: 3_600_000 }],
    [answered(429, { retryAfter: 'soon' }), { kind: 'failed', result: 'refused', reason: 'status 429' }],
    [
      { kind: 'timeout' } as const,
      { kind: 'failed', result: 'timeout', reason: 'no answer within requestTimeout' },
    ],
    [
      { kind: 'unreachable', reason: 'ECONNRESET' } as const,
      { kind: 'failed', result: 'unreachable', reason: 'ECONNRESET' },
    ],
  ])('%j: %j', (answer, verdict) => {
    expect(judgeAnswer(answer, now)).toEqual(verdict);
  });

  it('a redirect is refused, and it is said where to', () => {
    expect(judgeAnswer(answered(307, { location: 'http://169.254.169.254/' }), now)).toEqual({
      kind: 'failed',
      result: 'refused',
      reason:
        'status 307: a redirect to http://169.254.169.254/ is not followed; configure the address itself',
    });
  });
});

describe('CloudEvents over HTTP', () => {
  it('has attributes as headers, encoded where they are no printable ASCII, and the data as body', () => {
    const json = JSON.stringify({
      specversion: '1.0',
      id: 'a/ü "100%"',
      partition: 3,
      traceparent: '00-1-2-01',
      datacontenttype: 'application/json',
      data: { node: 'ü' },
    });
    expect(binaryMode(json, 'run-1')).toEqual({
      headers: {
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-id': 'a/%C3%BC%20%22100%25%22',
        'ce-partition': '3',
        'ce-traceparent': '00-1-2-01',
        traceparent: '00-1-2-01',
        'ce-replay': 'run-1',
      },
      body: Buffer.from('{"node":"ü"}'),
    });
  });

  it('carries bytes as bytes, and nothing as nothing', () => {
    const event = { id: 'x', datacontenttype: 'application/octet-stream' };
    expect(binaryMode(JSON.stringify({ ...event, data_base64: 'AAH/' })).body).toEqual(
      Buffer.from([0, 1, 255]),
    );
    expect(binaryMode(JSON.stringify(event)).body).toEqual(Buffer.alloc(0));
  });
});

describe('a signing secret', () => {
  it('gives the signature that the specification has as its example', () => {
    const secret = webhookSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const body = Buffer.from('{"test": 2432232314}');
    expect(
      signatureHeaders({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body, at: 1_614_265_330_999 }, [secret]),
    ).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it.each([
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'whsec_====',
    'whsec_c2hvcnQ=',
    `whsec_${'A'.repeat(100)}`,
    'whsec_ä',
  ])('can not be %s', (text) => {
    expect(() => webhookSecret(text)).toThrow(WebhookSecretInvalid);
    expect(() => webhookSecret(text)).not.toThrow(text);
  });
});
