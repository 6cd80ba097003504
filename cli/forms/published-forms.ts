import type { TSchema } from '@sinclair/typebox';

import {
  deadLetterDescription,
  deadLetterList,
  deadLetterReceipt,
} from '../../services/console/forms/dead-letters.js';
import { changeDescription, changeList } from '../../services/console/forms/changes.js';
import {
  guardDescription,
  guardNode,
  guardPolicyList,
  guardReceipt,
  pauseList,
  verdictList,
} from '../../services/console/forms/guard.js';
import {
  factList,
  faultList,
  nodeDescription,
  nodeList,
  replay,
} from '../../services/console/forms/nodes.js';
import { orderReceipt, processDescription, processList } from '../../services/console/forms/processes.js';
import { webhookDescription, webhookList, webhookReceipt } from '../../services/console/forms/webhooks.js';
import { archiveStatus, archiveVerification } from './archive.js';
import { demoResult, simulationResult } from './demo.js';
import { doctorReport } from './doctor.js';
import { orderBatch } from './order-batch.js';
import {
  backup,
  journalEpoch,
  logEpoch,
  reportReceipt,
  republication,
  restoration,
  schemaCheck,
  schemaRegistration,
} from './receipts.js';
import { guardSimulation } from './guard-simulation.js';
import { watchedRow } from './watched-row.js';
import { accessRuleList, topicPlan } from './topics.js';

/** Every form that `-o json` prints, by its kind; each has a file in schemas/cli. */
export const publishedForms: Readonly<Record<string, TSchema>> = {
  NodeList: nodeList,
  FaultList: faultList,
  ProcessList: processList,
  Node: nodeDescription,
  Process: processDescription,
  WatchedRow: watchedRow,
  FactList: factList,
  Replay: replay,
  OrderReceipt: orderReceipt,
  OrderBatch: orderBatch,
  DeadLetterList: deadLetterList,
  DeadLetter: deadLetterDescription,
  DeadLetterReceipt: deadLetterReceipt,
  WebhookList: webhookList,
  Webhook: webhookDescription,
  WebhookReceipt: webhookReceipt,
  Guard: guardDescription,
  GuardNode: guardNode,
  PauseList: pauseList,
  VerdictList: verdictList,
  GuardPolicyList: guardPolicyList,
  GuardSimulation: guardSimulation,
  ChangeList: changeList,
  Change: changeDescription,
  GuardReceipt: guardReceipt,
  ReportReceipt: reportReceipt,
  DemoResult: demoResult,
  SimulationResult: simulationResult,
  DoctorReport: doctorReport,
  LogEpoch: logEpoch,
  JournalEpoch: journalEpoch,
  Backup: backup,
  Restoration: restoration,
  Republication: republication,
  ArchiveStatus: archiveStatus,
  ArchiveVerification: archiveVerification,
  SchemaCheck: schemaCheck,
  SchemaRegistration: schemaRegistration,
  TopicPlan: topicPlan,
  AccessRuleList: accessRuleList,
};

/** JSON Schema of one form. */
export function publishedForm(kind: string, schema: TSchema): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `https://faultline.dev/schemas/cli/${kind}.schema.json`,
    ...(JSON.parse(JSON.stringify(schema)) as object),
  };
}
