// Starts and stops a gateway, and writes which modules of OpenTelemetry the process has loaded by then.

import { createRequire } from 'node:module';
import { pino } from 'pino';
import { parseConfig } from '../../src/config/parse.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';

const gateway = await createGateway({
  config: parseConfig({ CLIENT_AUTH: 'none', OPENROUTER_BASE_URL: 'http://127.0.0.1:9', ...process.env }),
  store: await openSqliteStore({ file: ':memory:', clock: Date.now }),
  log: pino({ level: 'silent' }),
  version: '1',
  owner: 'test',
  clock: Date.now,
  monotonic: Date.now,
  random: Math.random,
});
await gateway.start({ background: false });
await gateway.app.ready();
await gateway.close();
const loaded = Object.keys(createRequire(import.meta.url).cache).flatMap(
  (path) => /node_modules\/(@opentelemetry\/[^/]+)/.exec(path)?.[1] ?? [],
);
process.stdout.write(`loaded: ${[...new Set(loaded)].sort().join(' ')};\n`);
