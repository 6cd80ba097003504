import kafkajs from 'kafkajs';
import type { AclEntry, KafkaConfig } from 'kafkajs';
import { AdminConnection } from '../admin-connection.js';
import type { AccessRule, Operation } from './access-rules.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const operations: Readonly<Record<Operation, AclEntry['operation']>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  Alter: AclOperationTypes.ALTER,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  AlterConfigs: AclOperationTypes.ALTER_CONFIGS,
};

function entryOf({ principal, resource, name, pattern, operation }: AccessRule): AclEntry {
  return {
    principal,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    operation: operations[operation],
    resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
    resourceName: name,
    resourcePatternType: pattern === 'literal' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
  };
}

function textOf(entry: AclEntry): string {
  const { principal, host, permissionType, operation } = entry;
  const { resourceType, resourceName, resourcePatternType } = entry;
  return JSON.stringify([
    principal,
    host,
    permissionType,
    operation,
    resourceType,
    resourceName,
    resourcePatternType,
  ]);
}

/** Gives rights in Kafka; an operator's tool, never a service's. Takes none away. */
export class AccessOperator {
  private readonly connection: AdminConnection;

  constructor(settings: KafkaConfig) {
    this.connection = new AdminConnection(new kafkajs.Kafka(settings));
  }

  /** Makes the rules that are not there yet, and resolves with them. */
  allow(rules: readonly AccessRule[]): Promise<readonly AccessRule[]> {
    return this.connection.ask(async (admin) => {
      const { resources } = await admin.describeAcls({
        resourceType: AclResourceTypes.ANY,
        resourcePatternType: ResourcePatternTypes.ANY,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ANY,
      });
      const present = new Set(
        resources.flatMap(({ acls, ...resource }) => acls.map((acl) => textOf({ ...resource, ...acl }))),
      );
      const missing = rules.filter((rule) => !present.has(textOf(entryOf(rule))));
      if (missing.length > 0) await admin.createAcls({ acl: missing.map(entryOf) });
      return missing;
    });
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}
