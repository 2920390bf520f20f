// A gateway killed at each step of an upload: no clip is lost, no byte wrong, and no row says stored of what is not.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { StoredOutput } from '../../src/core/job/job.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { buy, createFolder, DEADLINE, envOf, openUpstream, readJob, runGateway } from './gateway-process.ts';

async function readOutputs(folder: string, jobId: string): Promise<StoredOutput[]> {
  const store = await openSqliteStore({ file: join(folder, 'clipgate.db'), clock: Date.now });
  try {
    return await store.getOutputs([jobId]);
  } finally {
    await store.close();
  }
}

/** Every row names an object of exactly its bytes. */
function checkRows(rows: readonly StoredOutput[], s3: S3Server): void {
  for (const { file, bytes, sha256 } of rows) {
    const body = s3.objects.get(`k/${file}`)?.body;
    expect(body?.length).toBe(bytes);
    expect(createHash('sha256').update(body!).digest('hex')).toBe(sha256);
  }
}

/** Where the process is killed: `reached` resolves when it stands there and can go no further. */
type Step = (s3: S3Server, folder: string) => Promise<void>;

/** Hangs the first request of a method, before or after the server has done its part. */
const hanging =
  (method: string, isDone: boolean): Step =>
  (s3) =>
    new Promise((reached) => {
      s3.faults.push({
        method,
        times: 1,
        answer(request: IncomingMessage, response: ServerResponse) {
          if (request.url?.includes('health-check')) {
            this.times += 1;
            return false;
          }
          if (!isDone) {
            request.resume();
            reached();
            return true;
          }
          // The server does its part, and its answer goes nowhere.
          response.writeHead = () => response;
          response.end = () => {
            reached();
            return response;
          };
          return false;
        },
      });
    });

const STEPS: readonly [string, Step][] = [
  [
    'while the clip is received',
    async (_, folder) => {
      await expect
        .poll(() => readdirSync(join(folder, 'clips')).filter((name) => name.endsWith('.part')), DEADLINE)
        .not.toEqual([]);
    },
  ],
  ['before the bucket has it', hanging('PUT', false)],
  ['after the bucket has it, before its answer', hanging('PUT', true)],
  ['before the bucket was asked whether it has it', hanging('HEAD', false)],
  ['after the bucket was asked, before the row', hanging('HEAD', true)],
];

it.each(STEPS)(
  'loses nothing to kill -9 %s',
  async (name, reach) => {
    const s3 = await startS3Server();
    onTestFinished(() => s3.close());
    const upstream = await openUpstream({ timeScale: 0 });
    const folder = createFolder();
    const env = {
      ...envOf(folder, upstream.apiUrl),
      ARCHIVE_URL: `s3://${s3.bucket}/k?region=${s3.region}&endpoint=${s3.origin}`,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    };
    const undo = name.startsWith('while')
      ? upstream.addFault({ fault: 'stall', at: 1_000 })
      : () => undefined;

    const first = await runGateway(env);
    const reached = reach(s3, folder);
    const { id } = (await (await buy(first.url, 'clip')).json()) as { id: string };
    await reached;
    first.signal('SIGKILL');
    await first.exit();
    undo();
    s3.faults.length = 0;
    expect(await readOutputs(folder, id)).toEqual([]);

    const second = await runGateway(env);
    const clip = `k/${id}-0.mp4`;
    await second.waitFor(/"msg":"clip stored"/);
    const content = Buffer.from(await (await fetch(`${second.url}/jobs/${id}/content`)).arrayBuffer());
    expect(s3.objects.get(clip)?.body.equals(content)).toBe(true);
    expect((await readJob(second.url, id)).status).toBe('completed');
    second.signal('SIGKILL');
    await second.exit();
    const rows = await readOutputs(folder, id);
    expect(rows).toHaveLength(1);
    checkRows(rows, s3);
    expect([...s3.objects.keys()].filter((key) => !key.includes('health-check'))).toEqual([clip]);
    expect(upstream.submits()).toBe(1);
    expect(first.output() + second.output()).not.toContain(s3.secretAccessKey);
  },
  90_000,
);
