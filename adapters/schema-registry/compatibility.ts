import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Agent, request } from 'undici';

import { jsonIn } from '../../domain/json.js';
import type { RegistryAccess } from './access.js';

/** How a registry holds new versions of a subject against the old ones. */
export interface CompatibilityLevels {
  /** Undefined: the subject has none of its own. Rejects when there is no answer. */
  levelOf(subject: string): Promise<string | undefined>;
  /** Resolves with the status of the answer: somebody may have set it at the same moment, so look afterwards. */
  set(subject: string, level: string): Promise<number>;
}

const answer = Type.Object({ compatibilityLevel: Type.String() });
const mediaType = 'application/vnd.schemaregistry.v1+json';

/** The registry's client sets a level only at the first registration, and can't be asked to mend one. */
export function compatibilityLevels({ url, authorization, tls }: RegistryAccess): CompatibilityLevels {
  const ask = async (subject: string, method: 'GET' | 'PUT', body?: string) => {
    // A connection of its own for each question: these are a handful at a start, and nothing is left open.
    const dispatcher = new Agent({ pipelining: 0, ...(tls === undefined ? {} : { connect: tls }) });
    try {
      const response = await request(`${url.replace(/\/+$/, '')}/config/${encodeURIComponent(subject)}`, {
        method,
        dispatcher,
        headers: {
          accept: mediaType,
          'content-type': mediaType,
          ...(authorization === undefined ? {} : { authorization: authorization() }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.statusCode, text: await response.body.text() };
    } finally {
      await dispatcher.close();
    }
  };
  return {
    levelOf: async (subject) => {
      const { status, text } = await ask(subject, 'GET');
      if (status === 404) return undefined;
      const found = jsonIn(text);
      if (status === 200 && Value.Check(answer, found)) return found.compatibilityLevel.toUpperCase();
      throw Object.assign(new Error(`the level of ${subject} is told with status ${status}`), { status });
    },
    set: async (subject, level) =>
      (await ask(subject, 'PUT', JSON.stringify({ compatibility: level }))).status,
  };
}
