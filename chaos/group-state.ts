import { Kafka, logLevel } from 'kafkajs';

/** Looks at a consumer group from outside, directly at the brokers. */
export interface GroupLook {
  /** As Kafka calls it: `Stable`, `PreparingRebalance`, …; undefined while nobody can be asked. */
  state(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Connects when first asked. */
export function lookAtGroup(brokers: readonly string[], group: string): GroupLook {
  const admin = new Kafka({
    clientId: 'chaos',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 1 },
  }).admin();
  let connected = false;
  return {
    async state() {
      try {
        if (!connected) await admin.connect();
        connected = true;
        const { groups } = await admin.describeGroups([group]);
        return groups[0]?.state;
      } catch {
        return undefined;
      }
    },
    close: () => admin.disconnect(),
  };
}
