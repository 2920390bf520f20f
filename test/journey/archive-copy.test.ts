// Moving the archive as an operator does: from the folder to a bucket and back, stopped in between, with the command.

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../support/program.ts';
import { startS3Server } from '../support/s3-server.ts';
import { createFolder, envOf, PATIENT } from './gateway-process.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function setUp() {
  const s3 = await startS3Server();
  onTestFinished(() => s3.close());
  const folder = createFolder();
  const clips = join(folder, 'clips');
  mkdirSync(clips);
  const env = {
    ...envOf(folder, 'http://127.0.0.1:9'),
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
  const bucket = `s3://${s3.bucket}/moved?region=${s3.region}&endpoint=${s3.origin}`;
  const run = async (...args: string[]) => {
    const program = runProgram('src/main.ts', env, args);
    return { exit: await program.exit(), output: program.output() };
  };
  const copy = (from: string, to: string) => run('archive', 'copy', '--from', from, '--to', to);
  return { s3, folder, clips, bucket, run, copy };
}

it('copies every clip to a bucket and back, goes on where it was, and removes nothing', PATIENT, async () => {
  const { s3, folder, clips, bucket, copy } = await setUp();
  const written = new Map<string, Buffer>();
  for (let index = 0; index < 5; index++) {
    const bytes = randomBytes(100_000 + index);
    written.set(`job_${index}-0.mp4`, bytes);
    writeFileSync(join(clips, `job_${index}-0.mp4`), bytes);
  }
  writeFileSync(join(clips, 'job_9-0.mp4.x.part'), 'half');
  // Answers of the bucket fail for good after two clips.
  let puts = 0;
  const fault = {
    method: 'PUT',
    times: 1e9,
    answer: (
      request: { url?: string | undefined; resume(): unknown },
      response: import('node:http').ServerResponse,
    ) => {
      if (request.url?.includes('health-check')) return false;
      puts += 1;
      if (puts <= 2) return false;
      request.resume();
      response.writeHead(403).end();
      return true;
    },
  };
  s3.faults.push(fault);
  const first = await copy(clips, bucket);
  expect(first.exit).toBe(1);
  expect(first.output).toContain('2 clips');
  expect(first.output).toContain('3 failed');
  s3.faults.length = 0;

  const second = await copy(clips, bucket);
  expect(second.exit).toBe(0);
  expect(second.output).toContain('3 clips');
  expect(second.output).toContain('2 were already there; 0 failed');
  expect((await copy(clips, bucket)).output).toContain('Copied 0 clips (0 bytes); 5 were already there');
  for (const [name, bytes] of written) {
    const object = s3.objects.get(`moved/${name}`);
    expect(object?.body.equals(bytes)).toBe(true);
    expect(object?.metadata['x-amz-meta-sha256']).toBe(sha256(bytes));
    expect(readFileSync(join(clips, name)).equals(bytes)).toBe(true);
  }
  expect([...s3.objects.keys()].filter((key) => key.endsWith('.part'))).toEqual([]);

  const back = join(folder, 'back');
  expect((await copy(bucket, `file:${back}`)).exit).toBe(0);
  expect(readdirSync(back).sort()).toEqual([...written.keys()]);
  for (const [name, bytes] of written) expect(readFileSync(join(back, name)).equals(bytes)).toBe(true);
  expect(s3.objects.size).toBe(6);
});

it('does not copy what is not what its hash says, and says so', PATIENT, async () => {
  const { s3, folder, clips, bucket, copy } = await setUp();
  writeFileSync(join(clips, 'job_1-0.mp4'), 'clip');
  expect((await copy(clips, bucket)).exit).toBe(0);
  const object = s3.objects.get('moved/job_1-0.mp4');
  s3.objects.set('moved/job_1-0.mp4', { ...object!, body: Buffer.from('cl1p') });
  const back = join(folder, 'back');
  const copied = await copy(bucket, back);
  expect(copied.exit).toBe(1);
  expect(copied.output).toContain('failed job_1-0.mp4: its bytes have the SHA-256');
  expect(readdirSync(back)).toEqual([]);
});

it('says in a sentence what is wrong, and what retention would do', PATIENT, async () => {
  const { run, copy, clips, bucket, s3 } = await setUp();
  const [usage, place, none, dry] = await Promise.all([
    run('archive', 'copy', '--from', clips),
    copy(clips, 'ftp://elsewhere'),
    copy(clips, bucket.replace(s3.bucket, 'another')),
    run('retention', '--dry-run'),
  ]);
  expect([usage.exit, place.exit, none.exit, dry.exit]).toEqual([1, 1, 1, 0]);
  expect(usage.output).toContain('archive copy --from <folder or s3://...> --to');
  expect(place.output).toBe('--to must be a folder, file:<folder> or s3://<bucket>/<prefix>\n');
  expect(none.output).toBe('--to cannot be used: not writable (404 NoSuchBucket). Nothing was copied.\n');
  expect(dry.output).toBe(
    [
      'The archive holds 0 clips, 0 bytes.',
      'RETENTION_CLIP_DAYS is unset: clips are not removed by age.',
      'ARCHIVE_MAX_BYTES is unset: clips are not removed to save space.',
      'RETENTION_REQUEST_DAYS is unset: requests are not erased.\n',
    ].join('\n'),
  );
});
