import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import { storableText } from '../../../schemas/storable-text.js';
import { storableJson } from '../../journal/storable.js';
import type {
  FleetGroup,
  FleetInventory,
  FleetMember,
  FleetPicture,
  FleetPlace,
} from '../../ports/journal.js';
import type { Database, Statement } from './database.js';
import { asJournalError } from './failures.js';
import { Together } from './together.js';

export class PostgresFleetInventory implements FleetInventory {
  readonly #database: Database;
  readonly #onCameBack: () => void;
  readonly #members = new Together<NodeKey, { readonly member?: FleetMember }>((nodes) => this.#read(nodes));

  /** @param onCameBack told after the commit that nodes are not out of service any more: whoever waits for that may ask again */
  constructor(database: Database, onCameBack: () => void = () => undefined) {
    this.#database = database;
    this.#onCameBack = onCameBack;
  }

  async replace(cluster: string, members: readonly FleetMember[], observedAt: number): Promise<void> {
    await this.#write([
      // The cluster's row first: two copies that replace the same picture do so one after the other.
      observed(cluster, observedAt),
      locked(members, {
        text: 'member.cluster = $8 AND NOT member.node_key = ANY ($1::text[])',
        value: cluster,
      }),
      {
        text: `SELECT journal.came_back($1, count(*)) AS "cameBack" FROM journal.fleet_member
          WHERE cluster || '/' = $1 || '/' AND unavailable AND NOT node_key = ANY ($2::text[])`,
        values: [cluster, unavailableOf(members)],
      },
      {
        text: 'DELETE FROM journal.fleet_member WHERE cluster = $1 AND NOT node_key = ANY ($2::text[])',
        values: [cluster, nodesOf(members)],
      },
      upsert(members, observedAt),
    ]);
  }

  async change(
    cluster: string,
    { changed, gone }: Parameters<FleetInventory['change']>[1],
    observedAt: number,
  ): Promise<void> {
    const leave = {
      name: 'fleet-leave',
      text: 'DELETE FROM journal.fleet_member WHERE node_key = ANY ($1::text[])',
      values: [gone],
    };
    await this.#write([
      observed(cluster, observedAt),
      {
        name: 'fleet-lock',
        ...locked(changed, { text: 'member.node_key = ANY ($8::text[])', value: gone }),
      },
      {
        name: 'fleet-came-back',
        text: `SELECT journal.came_back($1, count(*)) AS "cameBack" FROM journal.fleet_member
          WHERE node_key = ANY ($2::text[]) AND unavailable AND NOT node_key = ANY ($3::text[])`,
        values: [cluster, [...nodesOf(changed), ...gone], unavailableOf(changed)],
      },
      ...(changed.length === 0 ? [] : [upsert(changed, observedAt)]),
      ...(gone.length === 0 ? [] : [leave]),
    ]);
  }

  async picture(cluster: string): Promise<FleetPicture | undefined> {
    const rows = await this.#database.query<FleetGroup & { readonly observedAt: number }>({
      name: 'fleet-picture',
      text: `SELECT seen.observed_at AS "observedAt", member.pool, member.zone, member.labels, count(member.node_key) AS size
        FROM journal.fleet_cluster AS seen LEFT JOIN journal.fleet_member AS member USING (cluster)
        WHERE seen.cluster = $1 GROUP BY seen.observed_at, member.pool, member.zone, member.labels`,
      values: [cluster],
    });
    const [first] = rows;
    if (first === undefined) return undefined;
    // A cluster without nodes has one row, of none.
    const groups = rows.filter(({ size }) => size > 0);
    return {
      cluster,
      observedAt: first.observedAt,
      groups: groups.map(({ observedAt: _, ...group }) => group),
    };
  }

  member(node: NodeKey): Promise<FleetMember | undefined> {
    return this.#members.add(node).then(({ member }) => member);
  }

  places(): Promise<readonly FleetPlace[]> {
    return this.#database.query<FleetPlace & Record<string, unknown>>({
      name: 'fleet-places',
      text: 'SELECT node_key AS node, pool, zone, labels FROM journal.fleet_member',
      values: [],
    });
  }

  async #read(nodes: readonly NodeKey[]): Promise<readonly { readonly member?: FleetMember }[]> {
    const rows = await this.#database.query<FleetMember & Record<string, unknown>>({
      name: 'fleet-members',
      text: `SELECT node_key AS node, pool, zone, labels, unavailable, control_plane AS "controlPlane"
        FROM journal.fleet_member WHERE node_key = ANY ($1::text[])`,
      values: [nodes],
    });
    const found = new Map(rows.map((member) => [member.node, member]));
    return nodes.map((node) => {
      const member = found.get(node);
      return member === undefined ? {} : { member };
    });
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    try {
      await this.#database.transaction<undefined>(() =>
        Promise.resolve({
          result: undefined,
          last: statements,
          told: (answers) => {
            if (answers.some(({ rows: [row] }) => row?.['cameBack'] === true)) this.#onCameBack();
          },
        }),
      );
    } catch (error) {
      throw asJournalError(error);
    }
  }
}

function nodesOf(members: readonly FleetMember[]): readonly NodeKey[] {
  return members.map(({ node }) => node);
}

function unavailableOf(members: readonly FleetMember[]): readonly NodeKey[] {
  return nodesOf(members.filter(({ unavailable }) => unavailable));
}

function observed(cluster: string, at: number): Statement {
  return {
    name: 'fleet-observed',
    text: `INSERT INTO journal.fleet_cluster AS seen (cluster, observed_at) VALUES ($1, $2)
      ON CONFLICT (cluster) DO UPDATE SET observed_at = greatest(seen.observed_at, excluded.observed_at)`,
    values: [cluster, at],
  };
}

/** Members as the parameters 1 to 7, without those that are known like that already. */
const news = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::boolean[], $7::jsonb[])
    AS news (node_key, cluster, pool, zone, unavailable, control_plane, labels)
  LEFT JOIN journal.fleet_member AS known ON known.node_key = news.node_key
  WHERE (known.pool, known.zone, known.unavailable, known.control_plane, known.labels)
    IS DISTINCT FROM (news.pool, news.zone, news.unavailable, news.control_plane, news.labels)`;

function columnsOf(members: readonly FleetMember[]): readonly unknown[] {
  return [
    nodesOf(members),
    members.map(({ node }) => namesOf(node).cluster),
    members.map(({ pool }) => storableText(pool)),
    members.map(({ zone }) => storableText(zone)),
    members.map(({ unavailable }) => unavailable),
    members.map(({ controlPlane }) => controlPlane),
    members.map(({ labels }) => storableJson(labels)),
  ];
}

/** All that is written of nodes is locked before, in one order: whoever takes leave for many of them locks them in that order too. */
function locked(
  members: readonly FleetMember[],
  gone: { readonly text: string; readonly value: unknown },
): Statement {
  return {
    text: `SELECT journal.lock_services(ARRAY(
        SELECT news.node_key FROM ${news}
        UNION ALL
        SELECT member.node_key FROM journal.fleet_member AS member WHERE ${gone.text}
      ))`,
    values: [...columnsOf(members), gone.value],
  };
}

function upsert(members: readonly FleetMember[], observedAt: number): Statement {
  return {
    name: 'fleet-upsert',
    text: `INSERT INTO journal.fleet_member (node_key, cluster, pool, zone, unavailable, control_plane, labels, observed_at)
      SELECT news.node_key, news.cluster, news.pool, news.zone, news.unavailable, news.control_plane, news.labels, $8
      FROM ${news}
      ON CONFLICT (node_key) DO UPDATE SET pool = excluded.pool, zone = excluded.zone, labels = excluded.labels,
        unavailable = excluded.unavailable, control_plane = excluded.control_plane,
        observed_at = excluded.observed_at`,
    values: [...columnsOf(members), observedAt],
  };
}
