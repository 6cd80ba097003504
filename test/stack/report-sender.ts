import { expect, vi } from 'vitest';
import { publishedRecords } from './published-records.js';
import { patience } from './real-cluster.js';
import type { Site } from '../../stack/site.js';

/** What intake answered; members that the answer did not have are empty. */
export interface IntakeAnswer {
  readonly status: number;
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly index: number; readonly path: string; readonly reason: string }[];
  readonly detail: string;
}

/** Sends reports by HTTP and asks the topics what became of them. */
export class ReportSender {
  readonly #site: Site;
  readonly #url: string;

  constructor(site: Site, url: string) {
    this.#site = site;
    this.#url = url;
  }

  async post(body: string | Buffer, contentType = 'application/json'): Promise<IntakeAnswer> {
    const response = await fetch(`${this.#url}/v1/reports`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    const { accepted = [], rejected = [], detail = '' } = (await response.json()) as Partial<IntakeAnswer>;
    return { status: response.status, accepted, rejected, detail };
  }

  /** Ids of reports that are all accepted. */
  async accepted(...reports: readonly object[]): Promise<readonly string[]> {
    const answer = await this.post(JSON.stringify(reports));
    expect(answer).toMatchObject({ status: 202, rejected: [] });
    return answer.accepted;
  }

  /** Fate, and reason if there is one, of each of these reports in their order, once all have one. */
  async fatesOf(ids: readonly string[]): Promise<readonly string[]> {
    const fates = await vi.waitFor(async () => {
      const published = await this.#publishedFates();
      expect(ids.filter((id) => !published.has(id))).toEqual([]);
      return published;
    }, patience);
    return ids.map((id) => fates.get(id) ?? 'none');
  }

  async #publishedFates(): Promise<ReadonlyMap<string, string>> {
    const records = await publishedRecords(this.#site, 'fault.report-fates');
    const entries = records.flatMap(({ value }) => value['decided'] as Record<string, string | null>[]);
    return new Map(
      entries.map(({ reportId, fate, reason }) => [reportId ?? '', [fate, reason].filter(Boolean).join(' ')]),
    );
  }
}
