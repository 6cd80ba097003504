import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { createPrometheusMetrics } from '../../adapters/prometheus/prometheus-metrics.js';
import { packageRoot } from '../../schemas/package-root.js';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: {
    readonly summary?: string;
    readonly description?: string;
    readonly runbook?: string;
  };
}

const root = packageRoot();
const runbooks = 'docs/operations/runbooks';

function rulesIn(file: string): readonly Rule[] {
  const { groups } = parse(readFileSync(join(root, 'deploy/prometheus', file), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

const alerts = rulesIn('alerts.yaml');
const recorded = rulesIn('rules.yaml');

/** Words of an expression that can only be metrics: ours, the library's, and Prometheus' own. */
function metricsIn(expression: string): readonly string[] {
  return expression.match(/\b(?:faultline[_:]|nodejs_|process_)[a-z0-9_:]+/g) ?? [];
}

const metrics = createPrometheusMetrics({ version: '0', clusters: [] });
metrics.showFigures();
const known = new Map(metrics.catalog().map((metric) => [metric.name, metric]));

function isKnown(name: string): boolean {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return (
    known.has(name) || known.get(base)?.type === 'histogram' || recorded.some(({ record }) => record === name)
  );
}

describe('the rules for Prometheus', () => {
  it('speak only of metrics that are shown, or recorded by another rule', () => {
    const unknown = [...alerts, ...recorded]
      .flatMap(({ expr }) => metricsIn(expr))
      .filter((name) => !isKnown(name));
    expect(unknown).toEqual([]);
    expect(metricsIn('max(faultline_gone_total) > faultline:none:max')).toEqual([
      'faultline_gone_total',
      'faultline:none:max',
    ]);
  });

  it('speak only of labels that the metric has', () => {
    const wrong = [...alerts, ...recorded].flatMap(({ expr }) =>
      [...expr.matchAll(/\b((?:faultline|nodejs)_[a-z0-9_]+)\{([^}]*)\}/g)].flatMap(
        ([, name = '', selector = '']) => {
          const labels = [
            ...(known.get(name.replace(/_(bucket|sum|count)$/, ''))?.labels ?? []),
            'job',
            'instance',
          ];
          return [...selector.matchAll(/([a-z_]+)(?:=|!)/g)]
            .map(([, label = '']) => label)
            .filter((label) => !labels.includes(label))
            .map((label) => `${name}: ${label}`);
        },
      ),
    );
    expect(wrong).toEqual([]);
  });
});

it('the scrape job has the name that alerts go by, and loads both files of rules', () => {
  const text = readFileSync(join(root, 'deploy/prometheus/prometheus.yaml'), 'utf8');
  const { rule_files: files, scrape_configs: jobs } = parse(text) as {
    readonly rule_files: readonly string[];
    readonly scrape_configs: readonly { readonly job_name: string }[];
  };
  expect(files).toEqual(['rules.yaml', 'alerts.yaml']);
  const named = alerts.flatMap(({ expr }) => [...expr.matchAll(/job="([^"]+)"/g)].map(([, job]) => job));
  expect(new Set(named)).toEqual(new Set(jobs.map(({ job_name: name }) => name)));
});

describe.each(alerts.map((rule) => [rule.alert ?? '', rule] as const))('the alert %s', (name, rule) => {
  it('says what it is, how urgent, and where its runbook is', () => {
    expect(['page', 'ticket']).toContain(rule.labels?.severity);
    expect(rule.annotations?.summary).toBeTruthy();
    expect(rule.annotations?.description).toBeTruthy();
    expect(rule.annotations?.runbook).toBe(`${runbooks}/${name}.md`);
  });

  it('has a runbook with symptom, meaning, where to look and what to do', () => {
    const text = readFileSync(join(root, runbooks, `${name}.md`), 'utf8');
    expect(text.startsWith(`# ${name}\n`)).toBe(true);
    const parts = ['**Symptom.**', '**Meaning.**', '**Look**', '**Do**'].map((part) => text.indexOf(part));
    expect(parts.every((at, index) => at > (parts[index - 1] ?? 0))).toBe(true);
    expect(metricsIn(text).filter((metric) => !isKnown(metric))).toEqual([]);
    for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g))
      expect(existsSync(join(root, runbooks, link)), link).toBe(true);
  });
});

it('no runbook is left of an alert that is no more', () => {
  const names = alerts.map(({ alert }) => `${alert ?? ''}.md`).sort();
  expect(readdirSync(join(root, runbooks)).sort()).toEqual(names);
});
