import type { Operation } from '../../domain/command.js';
import type { FaultType } from '../../domain/fault.js';
import type { ClusterName, NodeKey } from '../../domain/identifiers.js';
import type { EventFilter } from '../../services/event-filter.js';
import type { Breaker } from '../../services/guard/breakers.js';
import type { GuardPolicy } from '../../services/guard/policy.js';
import type { Severity } from '../../services/guard/severity.js';
import type { Policy } from '../../workflows/policy.js';

/** Where a secret is read from, at the moment it is needed. Paths are absolute. */
export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string };

/** User and password of some system. */
export interface Credentials {
  readonly username: string;
  readonly password: SecretSource;
}

/** PEM files, by absolute path; without an authority the system's are believed. */
export interface TlsFiles {
  readonly certificateAuthorityFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

export type EventLogConfiguration =
  | { readonly kind: 'embedded'; readonly partitions: number }
  | {
      readonly kind: 'kafka';
      readonly partitions: number;
      readonly brokers: readonly string[];
      readonly sessionTimeoutMs?: number;
      readonly tls?: TlsFiles;
      readonly sasl?: Credentials & { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' };
    };

export type JournalConfiguration =
  | { readonly kind: 'embedded'; readonly durability: 'safe' | 'fast' }
  | { readonly kind: 'postgres'; readonly connection: string; readonly password?: SecretSource };

export interface ArchiveConfiguration {
  readonly afterMs: number;
  /** Absent: facts stay in the journal. */
  readonly folder?: string;
}

export type SchemaRegistryConfiguration =
  | { readonly kind: 'bundled' }
  | {
      readonly kind: 'confluent';
      readonly url: string;
      readonly register: boolean;
      /** A user or a bearer token, never both. */
      readonly credentials?: Credentials;
      readonly token?: SecretSource;
      readonly tls?: TlsFiles;
    };

export interface BmcConfiguration {
  /** `{node}` stands for the name of the Node, here and in `systemPath`. */
  readonly url: string;
  readonly systemPath: string;
  readonly credentials?: Credentials;
  readonly skipTlsVerify: boolean;
  /** By name of the Node. */
  readonly nodes: Readonly<Record<string, { readonly url?: string; readonly systemPath?: string }>>;
}

export interface ClusterConfiguration {
  readonly name: ClusterName;
  readonly access:
    | { readonly kind: 'kubeconfig'; readonly path: string; readonly context?: string }
    | { readonly kind: 'inCluster' };
  /** Its own, or the default. */
  readonly mode: 'observe' | 'active';
  /** Something in it may be acted on: all of it, or a pool or fault type whose mode is active. */
  readonly mayAct: boolean;
  readonly poolLabel: string;
  readonly zoneLabel: string;
  readonly allowControlPlane: boolean;
  readonly medik8sLeases: boolean;
  readonly bmc?: BmcConfiguration;
}

export interface WebhookConfiguration {
  readonly url: string;
  readonly requestTimeoutMs: number;
  readonly token?: SecretSource;
}

/** A subscriber by webhook. */
export interface SubscriberConfiguration {
  readonly name: string;
  readonly url: string;
  readonly secret: SecretSource;
  /** Signs as well, while the secret is being changed. */
  readonly previousSecret?: SecretSource;
  readonly filter: EventFilter;
  /** Of `keptSelector`. */
  readonly labelSelector?: string;
  readonly from: 'now' | 'beginning';
  readonly concurrency: number;
  readonly requestTimeoutMs: number;
  readonly retryForMs: number;
}

/** What `faultline.yaml` says: complete, checked, durations in milliseconds, paths absolute. */
export interface Configuration {
  /** Where it was read; for messages. */
  readonly path: string;
  readonly dataFolder: string;
  readonly upkeepEveryMs: number;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly operators: readonly { readonly subject: string; readonly token: SecretSource }[];
  };
  readonly clusters: readonly ClusterConfiguration[];
  readonly eventLog: EventLogConfiguration;
  readonly journal: JournalConfiguration;
  readonly archive: ArchiveConfiguration;
  readonly schemaRegistry: SchemaRegistryConfiguration;
  readonly intake: {
    readonly tokens: readonly { readonly token: SecretSource; readonly nodes: 'all' | readonly NodeKey[] }[];
    readonly alertRules: Readonly<Record<string, FaultType>>;
    readonly maximumBodyBytes: number;
  };
  readonly detector: {
    readonly conditions: readonly {
      readonly condition: string;
      readonly status: 'True' | 'False' | 'Unknown';
      readonly faultType: FaultType;
    }[];
    readonly leaseStaleAfterMs: number;
    readonly leaseCheckEveryMs: number;
    readonly inventoryRefreshEveryMs: number;
  };
  readonly executor: { readonly concurrency: number; readonly attemptLeaseMs: number };
  /** Of all but `guard`: what takes a restart when it changes. */
  readonly fixedDigest: string;
  readonly guard: {
    /** Of the whole section with its defaults: the same version is the same policy. */
    readonly version: string;
    /** The section with its defaults, as canonical JSON. */
    readonly text: string;
    /** Labels of nodes that its policy may name. */
    readonly labels: readonly string[];
    readonly policy: GuardPolicy;
    readonly breakers: readonly Breaker[];
    /** How long the node of a change of others is watched afterwards, ms. Absent: not at all. */
    readonly soaksMs: Readonly<Partial<Record<Operation, number>>>;
    /** What others may do only to nodes that are well. */
    readonly onlyHealthy: readonly Operation[];
    /** What nobody else begins where a rollout goes through. */
    readonly rolloutPauses: readonly Operation[];
    readonly lookEveryMs: number;
    /** Absent: the policy names no business metrics. */
    readonly prometheus?: WebhookConfiguration & { readonly readEveryMs: number };
  };
  /** How severe each fault is: who waits for leave goes before others that are less so. */
  readonly severities: Readonly<Record<FaultType, Severity>>;
  readonly drivers: {
    readonly redfish: {
      readonly requestTimeoutMs: number;
      readonly observeEveryMs: number;
      readonly observeDeadlineMs: number;
    };
    readonly tickets?: WebhookConfiguration;
    readonly actions?: WebhookConfiguration;
  };
  /** Absent: nobody wants traces. */
  readonly tracing?: WebhookConfiguration;
  readonly webhooks: readonly SubscriberConfiguration[];
  readonly policy: Policy;
}
