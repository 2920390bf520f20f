// A real S3 server: Ceph's object gateway over a cluster of one monitor and one disk in memory, from Debian's packages.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePorts } from './nginx.ts';

export interface CephRgw {
  readonly origin: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  close(): Promise<void>;
}

const START_MS = 60_000;
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
const ACCESS_KEY = 'AKIDTEST';
const SECRET_KEY = 'not-a-secret/of+anybody';

/** Where the packages ceph-mon, ceph-osd, ceph-common and radosgw are unpacked or installed; null, with the reason printed. */
export function findCeph(): string | null {
  // `apt-get download` and `dpkg -x` of each package and what it needs make such a folder without installing anything.
  const root = process.env['CEPH_ROOT'] ?? '/';
  const missing = ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw'].filter(
    (name) => !existsSync(join(root, 'usr/bin', name)),
  );
  if (missing.length === 0) return root;
  process.stderr.write(
    `skipped: no ${missing.join(', ')} in ${join(root, 'usr/bin')} (packages ceph-mon, ceph-osd, ceph-common and radosgw; CEPH_ROOT names a folder they are unpacked in)\n`,
  );
  return null;
}

/** Starts one; about ten seconds. @param root as `findCeph` has it. */
export async function startCephRgw(root: string): Promise<CephRgw> {
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-ceph-'));
  const [monitor = 0, gateway = 0] = await findFreePorts(2);
  const conf = join(folder, 'ceph.conf');
  const id = randomUUID();
  for (const name of ['mon', 'osd', 'rgw']) mkdirSync(join(folder, name));
  writeFileSync(conf, configure({ root, folder, id, monitor, gateway }));
  writeFileSync(
    join(folder, 'keyring'),
    '[client.admin]\n\tkey = AQAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAA==\n',
  );
  const env = {
    PATH: `${join(root, 'usr/bin')}:${process.env['PATH']}`,
    LD_LIBRARY_PATH: ['/lib/x86_64-linux-gnu', LIBRARIES, `${LIBRARIES}/ceph`]
      .map((path) => join(root, path))
      .join(':'),
    PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'),
  };
  const binary = (name: string) => join(root, 'usr/bin', name);
  const run = (name: string, ...args: string[]) =>
    execFileSync(name, args, { env, stdio: 'pipe', timeout: START_MS, encoding: 'utf8' });
  const children: ChildProcess[] = [];
  const start = (name: string, ...args: string[]) => {
    children.push(spawn(binary(name), [...args, '-f', '-c', conf], { env, stdio: 'ignore' }));
  };
  const close = async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    const map = join(folder, 'monmap');
    run(binary('monmaptool'), '--create', '--fsid', id, '--addv', 'a', `[v2:127.0.0.1:${monitor}]`, map);
    run(binary('ceph-mon'), '--mkfs', '-i', 'a', '--monmap', map, '-c', conf);
    start('ceph-mon', '-i', 'a');
    const disk = randomUUID();
    run('python3', binary('ceph'), '-c', conf, 'osd', 'new', disk);
    run(binary('ceph-osd'), '-i', '0', '--mkfs', '--osd-uuid', disk, '-c', conf);
    start('ceph-osd', '-i', '0');
    start('radosgw', '-n', 'client.admin');
    const origin = `http://127.0.0.1:${gateway}`;
    await untilAnswers(origin, () => readLogs(folder));
    const user = [
      '--uid',
      'clips',
      '--display-name',
      'clips',
      '--access-key',
      ACCESS_KEY,
      '--secret-key',
      SECRET_KEY,
    ];
    run(binary('radosgw-admin'), '-c', conf, 'user', 'create', ...user);
    return { origin, region: 'default', accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Setup {
  readonly root: string;
  readonly folder: string;
  readonly id: string;
  readonly monitor: number;
  readonly gateway: number;
}

/** Everything within its folder, without authentication between its parts, and its disk in memory. */
const configure = ({ root, folder, id, monitor, gateway }: Setup): string => `[global]
fsid = ${id}
mon host = v2:127.0.0.1:${monitor}
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
keyring = ${folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
plugin dir = ${join(root, LIBRARIES, 'ceph')}
erasure code dir = ${join(root, LIBRARIES, 'ceph/erasure-code')}
osd class dir = ${join(root, LIBRARIES, 'rados-classes')}
osd class load list = *
osd class default list = *
run dir = ${folder}
log file = ${folder}/$name.log
mon cluster log file = ${folder}/cluster.log
admin socket = ${folder}/$name.$pid.asok
pid file = ${folder}/$name.$pid.pid
mon data = ${folder}/mon
osd data = ${folder}/osd
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:${gateway}
`;

async function untilAnswers(origin: string, explain: () => string): Promise<void> {
  for (const until = Date.now() + START_MS; Date.now() < until; await sleep(200)) {
    const answer = await fetch(origin).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
  }
  throw new Error(`Ceph's gateway did not answer within ${START_MS} ms:\n${explain()}`);
}

const readLogs = (folder: string): string => {
  const file = join(folder, 'client.admin.log');
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2_000) : 'it wrote no log';
};
