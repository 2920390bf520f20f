// Hears of jobs that other replicas changed, through lost connections: after one, it asks what it missed.

import type pg from 'pg';
import { ACCOUNTS_CHANNEL, CHANNEL } from './postgres-notifier.ts';

export interface ChangeListener {
  close(): Promise<void>;
}

export interface ChangeListenerOptions {
  /** A new, unconnected client with a query timeout, so that a peer that vanished without a word is noticed. */
  readonly connect: () => pg.Client;
  /** Our own notifier's name: what it sent is not repeated. */
  readonly origin: string;
  readonly onChanged: (jobIds: readonly string[]) => void;
  /** Keys or clients changed, or may have while nothing was heard. */
  readonly onAccountsChanged: () => void;
  readonly report: (error: Error) => void;
}

interface Line {
  readonly client: pg.Client;
  /** Resolves, with the reason, when the line breaks. */
  readonly lost: Promise<Error>;
}

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
const HEARTBEAT_MS = 10_000;

/** A change carries the time its statement began, and may have been committed this much later. */
const COMMIT_DELAY_MS = 30_000;

async function readTime(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ now: string }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::bigint as now',
  );
  return Number(rows[0]?.now);
}

/** Resolves after `ms`, or at once when `signal` aborts; keeps no process alive. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms).unref();
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });

/** Resolves once it listens. Rejects where the first connection cannot be made; later ones are made again. */
export async function openChangeListener(options: ChangeListenerOptions): Promise<ChangeListener> {
  const { connect, origin, onChanged, onAccountsChanged, report } = options;
  const closing = new AbortController();
  /** The server's time when the line last worked. */
  let heardUntil: number | null = null;

  async function openLine(): Promise<Line> {
    const client = connect();
    const lost = new Promise<Error>((resolve) => {
      client.on('error', resolve);
      client.on('end', () => resolve(new Error('The server closed the connection')));
    });
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === ACCOUNTS_CHANNEL) return onAccountsChanged();
      const [sender, ...jobIds] = payload.split(' ');
      if (sender !== origin) onChanged(jobIds);
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}; listen ${ACCOUNTS_CHANNEL}`);
      // After LISTEN, so that nothing falls between what is asked for and what will be heard.
      const now = await readTime(client);
      if (heardUntil !== null) {
        await catchUp(client, heardUntil);
        onAccountsChanged();
      }
      heardUntil = now;
      return { client, lost };
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  async function catchUp(client: pg.Client, since: number): Promise<void> {
    const { rows } = await client.query<{ id: string }>('select id from jobs where updated_at >= $1', [
      since - COMMIT_DELAY_MS,
    ]);
    onChanged(rows.map((row) => row.id));
  }

  /** Returns when we close, throws when the line breaks. */
  async function watch({ client, lost }: Line): Promise<void> {
    while (!closing.signal.aborted) {
      const reason = await Promise.race([pause(HEARTBEAT_MS, closing.signal), lost]);
      if (reason) throw reason;
      if (!closing.signal.aborted) heardUntil = await readTime(client);
    }
  }

  async function follow(first: Line): Promise<void> {
    let line: Line | null = first;
    let retryMs = FIRST_RETRY_MS;
    while (!closing.signal.aborted) {
      try {
        line ??= await openLine();
        retryMs = FIRST_RETRY_MS;
        await watch(line);
      } catch (cause) {
        // What is remembered of keys may be wrong from here on.
        onAccountsChanged();
        report(new Error('The connection that hears of changed jobs was lost', { cause }));
        await pause(retryMs, closing.signal);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      } finally {
        await line?.client.end();
        line = null;
      }
    }
  }

  const following = follow(await openLine());
  return {
    async close() {
      closing.abort();
      await following;
    },
  };
}
