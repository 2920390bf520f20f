// The gateway as a client sees it, over whichever replica answers: no answer is news of nothing.

/** What we read of a job; see JobSchema. */
export interface SeenJob {
  readonly id: string;
  readonly status: string;
  readonly request: unknown;
  readonly upstream: { readonly id: string | null };
  /** The naive gateway's have none. */
  readonly attempts?: readonly { readonly upstream_id: string | null }[];
  readonly outputs: readonly { readonly index: number; readonly bytes: number | null }[];
}

/** A job with the client it was listed for. */
export type OwnedJob = SeenJob & { readonly client: string };

export interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: unknown;
}

export interface Shop {
  /** POSTs an order; null where the connection broke, or the caller hung up after `patienceMs`. */
  order(
    client: string,
    key: string,
    body: unknown,
    respondAsync: boolean,
    patienceMs: number,
  ): Promise<Answer | null>;
  /** POSTs anything else once; null where nobody answered. */
  post(client: string, path: string, body: unknown): Promise<Answer | null>;
  /** Null where nobody answered. */
  read(client: string, path: string, headers?: Readonly<Record<string, string>>): Promise<Answer | null>;
  /** Every job of a client's, read until somebody answers. @throws after half a minute. */
  listAll(client: string): Promise<OwnedJob[]>;
  /** A clip's bytes; null where it could not be had whole. */
  download(client: string, jobId: string): Promise<Uint8Array | null>;
}

const READ_MS = 8_000;
const DOWNLOAD_MS = 15_000;
const LIST_MS = 30_000;

export const TERMINAL: ReadonlySet<string> = new Set([
  'completed',
  'failed',
  'cancelled',
  'expired',
  'rejected',
  'not_accepted',
  'written_off',
]);

/** @param keyOf the secret of a client. */
export function openShop(
  replicas: readonly { readonly url: string }[],
  secretOf: (client: string) => string,
  random: () => number,
): Shop {
  const anyUrl = () => replicas[Math.floor(random() * replicas.length)]?.url ?? '';

  async function send(client: string, path: string, init: RequestInit, ms: number): Promise<Answer | null> {
    try {
      const response = await fetch(`${anyUrl()}${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${secretOf(client)}` },
        signal: AbortSignal.timeout(ms),
      });
      const text = await response.text();
      return {
        status: response.status,
        replayed: response.headers.get('idempotent-replayed') === 'true',
        body: text === '' ? null : JSON.parse(text),
      };
    } catch {
      return null;
    }
  }

  const read: Shop['read'] = (client, path, headers = {}) => send(client, path, { headers }, READ_MS);

  return {
    read,
    post: (client, path, body) =>
      send(
        client,
        path,
        {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        },
        READ_MS,
      ),
    order: (client, key, body, respondAsync, patienceMs) =>
      send(
        client,
        '/jobs',
        {
          method: 'POST',
          body: JSON.stringify(body),
          headers: {
            'content-type': 'application/json',
            'idempotency-key': key,
            ...(respondAsync ? { prefer: 'respond-async' } : {}),
          },
        },
        patienceMs,
      ),
    async listAll(client) {
      const jobs: OwnedJob[] = [];
      const until = Date.now() + LIST_MS;
      for (let cursor: string | null = ''; cursor !== null; ) {
        const answer = await read(client, `/jobs?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`);
        if (answer?.status !== 200) {
          if (Date.now() > until) throw new Error(`No replica lists the jobs: ${JSON.stringify(answer)}`);
          await new Promise((resolve) => setTimeout(resolve, 200));
          continue;
        }
        const page = answer.body as { data: SeenJob[]; next_cursor: string | null };
        jobs.push(...page.data.map((job) => ({ ...job, client })));
        cursor = page.next_cursor;
      }
      return jobs;
    },
    async download(client, jobId) {
      try {
        const response = await fetch(`${anyUrl()}/jobs/${jobId}/content`, {
          headers: { authorization: `Bearer ${secretOf(client)}` },
          signal: AbortSignal.timeout(DOWNLOAD_MS),
        });
        const bytes = new Uint8Array(await response.arrayBuffer());
        return response.status === 200 ? bytes : null;
      } catch {
        return null;
      }
    },
  };
}
