import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../../cli/forms/doctor.js';
import { makeCertificateAuthority, type Certificate } from '../../../stack/certificates.js';
import type { KafkaStack } from '../../../stack/kafka.js';
import { runCommand } from '../../cli/run-command.js';

interface Way {
  readonly user?: string;
  readonly password?: string;
  readonly broker?: string;
  readonly certificateAuthorityFile?: string;
  /** What the client shows of itself. */
  readonly certificate?: Certificate;
  readonly tls?: 'none';
  readonly sasl?: 'none';
}

/** What `faultline doctor` says of a broker with TLS, SCRAM and rights, after `describeTopics` gave its users theirs. */
export function describeRefusals(stack: () => KafkaStack, folder: () => string): void {
  const guarded = (): string => stack().brokers[0]?.guardedAddress ?? '';

  /** The doctor's line about Kafka. */
  const examined = async (way: Way) => {
    const { user = 'faultline', password = user, broker = guarded(), tls, sasl } = way;
    const { certificateAuthorityFile = stack().authority?.certificateFile, certificate } = way;
    const passwordFile = join(folder(), `${user}.password`);
    await writeFile(passwordFile, password);
    const config = join(folder(), 'refused.yaml');
    const eventLog = {
      kind: 'kafka',
      brokers: [broker],
      ...(tls === 'none' ? {} : { tls: { certificateAuthorityFile, ...certificate } }),
      ...(sasl === 'none' ? {} : { sasl: { mechanism: 'scram-sha-512', username: user, passwordFile } }),
    };
    await writeFile(config, JSON.stringify({ eventLog }));
    const { out } = await runCommand(['doctor', '--config', config, '-o', 'json']);
    const { checks } = JSON.parse(out) as DoctorReport;
    return checks.find(({ what }) => what.startsWith('event log: Kafka'));
  };

  describe('faultline doctor, before a broker that lets nobody in', () => {
    it('is content with the rights that `topics acls` gives', async () => {
      expect(await examined({})).toMatchObject({
        result: 'ok',
        detail: expect.stringContaining('1 brokers') as unknown,
      });
    });

    it('says that the authority of the certificate is not trusted', async () => {
      const other = await makeCertificateAuthority(join(folder(), 'other-authority'));
      expect(await examined({ certificateAuthorityFile: other.certificateFile })).toMatchObject({
        result: 'failed',
        detail: expect.stringMatching(
          /^the certificate comes from an authority that is not trusted/,
        ) as unknown,
        next: expect.stringContaining('eventLog.tls.certificateAuthorityFile') as unknown,
      });
    });

    it('shows the certificate of this installation, and says when the broker does not believe it', async () => {
      const certificate = await stack().authority?.issue('faultline');
      expect(certificate).toBeDefined();
      expect(await examined(certificate === undefined ? {} : { certificate })).toMatchObject({
        result: 'ok',
      });
      const other = await makeCertificateAuthority(join(folder(), 'unknown-authority'));
      expect(await examined({ certificate: await other.issue('faultline') })).toMatchObject({
        result: 'failed',
        detail: expect.stringMatching(
          /^it wants a client certificate from an authority that it trusts/,
        ) as unknown,
        next: expect.stringContaining('eventLog.tls.certificateFile') as unknown,
      });
    });

    it('says that the certificate is for another host name', async () => {
      const broker = guarded().replace('127.0.0.1', 'localhost');
      expect(await examined({ broker })).toMatchObject({
        result: 'failed',
        detail: expect.stringMatching(/^the certificate is for another host name .*localhost/) as unknown,
      });
    });

    it('says that the password is wrong, and never which one it was', async () => {
      const check = await examined({ password: 'guessed' });
      expect(check).toMatchObject({
        result: 'failed',
        detail: expect.stringMatching(/^user or password is wrong/) as unknown,
        next: expect.stringContaining('eventLog.sasl') as unknown,
      });
      expect(JSON.stringify(check)).not.toContain('guessed');
    });

    it('says what a user without rights is not permitted to do, and how he gets them', async () => {
      expect(await examined({ user: 'nobody' })).toMatchObject({
        result: 'failed',
        detail: expect.stringMatching(
          /^user nobody is not permitted to read fault\.reports, .*groups maintenance, migrator, tracer; nor to write$/,
        ) as unknown,
        next: expect.stringContaining('faultline topics acls --faultline nobody --apply') as unknown,
      });
    });

    it('says that a subscriber is not permitted to be Faultline', async () => {
      expect(await examined({ user: 'alice' })).toMatchObject({
        result: 'failed',
        detail: expect.stringMatching(
          /^user alice is not permitted to read fault\.reports, .*; nor to write$/,
        ) as unknown,
      });
    });

    it('says that TLS or SASL is missing, or is not spoken there', async () => {
      const ends = {
        result: 'failed',
        next: expect.stringContaining('if it wants TLS, SASL or a client certificate') as unknown,
      };
      expect(await examined({ tls: 'none', sasl: 'none' })).toMatchObject(ends);
      expect(await examined({ sasl: 'none' })).toMatchObject(ends);
      expect(await examined({ broker: stack().bootstrapServers[0] ?? '', sasl: 'none' })).toMatchObject({
        result: 'failed',
        detail: expect.stringMatching(/^it speaks no TLS at this port/) as unknown,
      });
    });

    it('says that the file of the authority is not there', async () => {
      expect(await examined({ certificateAuthorityFile: '/nowhere/ca.pem' })).toMatchObject({
        result: 'failed',
        detail: expect.stringContaining('/nowhere/ca.pem is missing') as unknown,
      });
    });
  });
}
