// A real nginx with deploy/nginx/clipgate.conf as it is shipped, but for its ports.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

export const NGINX_CONF = readFileSync('deploy/nginx/clipgate.conf', 'utf8');

const DEADLINE = { timeout: 20_000, interval: 20 };

/** False, with the reason printed, where it is not installed. */
export function findNginx(): boolean {
  const isThere = spawnSync('nginx', ['-v']).status === 0;
  if (!isThere) process.stderr.write('skipped: nginx is not installed (apt-get install nginx-light)\n');
  return isThere;
}

export async function findFreePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  return ports;
}

/** In front of two replicas until the test ends. Resolves with its address. */
export async function startNginx(folder: string, replicas: readonly number[], port: number): Promise<string> {
  const site = NGINX_CONF.replace('127.0.0.1:8082', `127.0.0.1:${replicas[0]}`)
    .replace('127.0.0.1:8083', `127.0.0.1:${replicas[1]}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`);
  mkdirSync(join(folder, 'nginx'), { recursive: true });
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/nginx/${kind};`)
    .join('\n');
  writeFileSync(join(folder, 'site.conf'), site);
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;\n' : ''}daemon off;\nworker_processes 1;\npid ${folder}/nginx.pid;\nerror_log stderr warn;\nevents {}\n` +
      `http {\naccess_log off;\n${paths}\ninclude ${folder}/site.conf;\n}\n`,
  );
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const nginx = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  onTestFinished(async () => {
    nginx.kill('SIGTERM');
    if (nginx.exitCode === null) await once(nginx, 'exit');
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/healthz`).then(
      ({ status }) => status,
      () => null,
    );
  await expect.poll(answers, DEADLINE).toBe(200);
  expect(said).not.toMatch(/\[(emerg|alert)\]/);
  return url;
}
