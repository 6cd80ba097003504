import type { KubernetesAnswer } from '../ports/kubernetes.js';
import { decodeList, type DecodedList } from './decode.js';
import type { Transport } from './transport.js';

const pageSize = 500;

/** All parts of a list. A token that expired midway is a conflict: nothing half is given out. */
export async function listAll<Item>(
  transport: Transport,
  path: string,
  selection: Readonly<Record<string, string>>,
  decode: (item: unknown) => Item,
): Promise<KubernetesAnswer<DecodedList<Item>>> {
  const items: Item[] = [];
  for (let next = ''; ;) {
    const query = new URLSearchParams({
      ...selection,
      limit: String(pageSize),
      ...(next === '' ? {} : { continue: next }),
    });
    const answer = await transport.call(
      { verb: 'list', method: 'GET', path: `${path}?${query.toString()}` },
      (body) => decodeList(body, decode),
    );
    if (answer.kind !== 'ok') return answer;
    items.push(...answer.value.items);
    next = answer.value.next;
    if (next === '') return { kind: 'ok', value: { ...answer.value, items } };
  }
}
