import type { FaultType } from '../../domain/fault.js';
import { BodyUnreadable, maximumReports, TooManyReports, type BodyItem } from './read-body.js';
import { reportLimits } from './read-report.js';

export interface AlertOptions {
  readonly alertRules?: Readonly<Record<string, FaultType>>;
  readonly defaultCluster?: string;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The alerts of an Alertmanager webhook (version 4) as reports. What Alertmanager left out, because of its
 * max_alerts, is an item too: it is answered as rejected. Throws BodyUnreadable when it is no such webhook.
 */
export function readAlerts(body: unknown, options: AlertOptions): readonly BodyItem[] {
  if (!isFields(body)) throw new BodyUnreadable('$ must be an object: an Alertmanager webhook of version 4');
  if (body['version'] !== '4') throw new BodyUnreadable('$.version must be "4"');
  const { alerts, truncatedAlerts } = body;
  if (!Array.isArray(alerts)) throw new BodyUnreadable('$.alerts must be an array');
  if (alerts.length > maximumReports)
    throw new TooManyReports(`at most ${maximumReports} alerts are taken at once`);
  const items = alerts.map((alert: unknown, index) => readAlert(alert, index, options));
  if (typeof truncatedAlerts === 'number' && truncatedAlerts > 0) {
    const reason = `${truncatedAlerts} alerts were left out by Alertmanager: raise max_alerts of the receiver`;
    items.push({ index: items.length, path: '$.truncatedAlerts', reason });
  }
  return items;
}

function readAlert(alert: unknown, index: number, options: AlertOptions): BodyItem {
  const place = { index, path: `$.alerts[${index}]` };
  if (!isFields(alert) || !isFields(alert['labels']))
    return { ...place, reason: 'must be an alert with labels' };
  const labels = textMembers(alert['labels']);
  const annotations = isFields(alert['annotations'])
    ? textMembers(alert['annotations'])
    : new Map<string, string>();
  const name = labels.get('alertname') ?? '';
  const type = labels.get('faultType') ?? typeByRule(options.alertRules, name);
  if (type === undefined) {
    const reason = `no fault type: set the label faultType, or map ${JSON.stringify(name.slice(0, 64))} in alertRules`;
    return { ...place, reason };
  }
  const status = statusOf(alert['status']);
  const seen = status === 'cleared' ? alert['endsAt'] : alert['startsAt'];
  const message = annotations.get('summary') ?? annotations.get('description');
  const value = {
    cluster: labels.get('cluster') ?? options.defaultCluster,
    node: labels.get('node') ?? hostOf(labels.get('instance')),
    type,
    status,
    source: cut(`alertmanager/${name}`, reportLimits.sourceLength),
    ...(typeof seen === 'string' ? { observedAt: seen } : {}),
    ...(message === undefined ? {} : { message: cut(message, reportLimits.messageLength) }),
    evidence: evidenceOf(labels),
  };
  return { ...place, value };
}

function typeByRule(rules: AlertOptions['alertRules'], name: string): FaultType | undefined {
  return rules !== undefined && Object.hasOwn(rules, name) ? rules[name] : undefined;
}

/** Any other status stays as it is, to be refused by name. */
function statusOf(status: unknown): unknown {
  return status === 'resolved' ? 'cleared' : status;
}

/** `n1:9100` is n1. */
function hostOf(instance: string | undefined): string | undefined {
  return instance?.replace(/:\d+$/, '');
}

function textMembers(fields: Fields): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(fields)) if (typeof value === 'string') texts.set(key, value);
  return texts;
}

/** As many labels as fit: whoever wrote the alert rule does not know our limits, and the fault matters more. */
function evidenceOf(labels: ReadonlyMap<string, string>): Record<string, string> {
  const evidence: Record<string, string> = {};
  let room: number = reportLimits.evidenceLength;
  for (const [name, value] of [...labels].slice(0, reportLimits.evidenceEntries)) {
    const shortened = cut(value, reportLimits.evidenceValueLength);
    room -= name.length + shortened.length;
    if (room < 0) break;
    if (name.length <= reportLimits.evidenceKeyLength && name !== '__proto__') evidence[name] = shortened;
  }
  return evidence;
}

function cut(text: string, maximum: number): string {
  return text.length <= maximum ? text : `${text.slice(0, maximum - 1)}…`;
}
