import type { ClusterAccess } from '../../adapters/kafka/client-settings.js';
import type { EventLogConfiguration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import { readTlsFiles } from '../configuration/tls-files.js';
import type { Dependency } from './dependency.js';
import type { Environment } from './surroundings.js';

export type KafkaConfiguration = Extract<EventLogConfiguration, { readonly kind: 'kafka' }>;
type Sasl = NonNullable<KafkaConfiguration['sasl']>;

function saslOf({ mechanism, username }: Sasl, password: string): NonNullable<ClusterAccess['sasl']> {
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}

/**
 * Where the configured Kafka is, and with which credentials it is asked.
 * @throws SecretMissing naming the file or variable
 */
export function kafkaAccess(eventLog: KafkaConfiguration, environment: Environment): ClusterAccess {
  const { sasl, tls } = eventLog;
  return {
    brokers: eventLog.brokers,
    clientId: 'faultline',
    ...(tls === undefined ? {} : { ssl: readTlsFiles(tls) }),
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl, readSecret(sasl.password, environment)) }),
  };
}

/** What is named when Kafka does not answer. */
export function kafkaOf({ brokers }: KafkaConfiguration, path: string): Dependency {
  return {
    what: 'event log (Kafka)',
    where: brokers.join(','),
    next: `start Kafka, or mend eventLog (brokers, tls, sasl) in ${path}; \`faultline doctor\` tries every connection`,
  };
}
