// The process: environment in, parts together, listening, signals out. The only file that touches `process`.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import closeWithGrace from 'close-with-grace';
import { pino, stdTimeFunctions } from 'pino';
import { type Config, ConfigError, parseConfig } from './config/parse.ts';
import { ClipgateError } from './core/errors.ts';
import { createGateway } from './gateway/gateway.ts';
import { openStore } from './store/sqlite/open-store.ts';
import { VERSION } from './version.ts';

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const log = pino({ level: config.LOG_LEVEL, base: null, timestamp: stdTimeFunctions.isoTime });
  const store = await openStore({
    databaseUrl: config.DATABASE_URL,
    clock: Date.now,
    report: (error) => log.error({ err: error }, 'the database connection is in trouble'),
  });
  const gateway = await createGateway({
    config,
    store,
    log,
    version: VERSION,
    owner: `${hostname()}:${process.pid}:${randomUUID()}`,
    clock: Date.now,
    random: Math.random,
  });
  closeWithGrace({ delay: config.SHUTDOWN_TIMEOUT_MS, logger: log }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'an error nobody caught: shutting down');
    else log.info({ signal }, 'shutting down');
    await gateway.close();
    log.info({}, 'stopped');
  });
  try {
    await gateway.start();
    await gateway.app.listen({ host: config.HOST, port: config.PORT }).catch((error: unknown) => {
      throw asListenError(error, config);
    });
  } catch (error) {
    // The poller may be in the middle of a submit: it is finished even where the port turns out to be taken.
    await gateway.close();
    throw error;
  }
}

/** The system's own words name neither variable. */
function asListenError(error: unknown, { HOST, PORT }: Config): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new ConfigError([
        `PORT: ${PORT} is taken on ${HOST}: stop what listens there, or choose another`,
      ]);
    case 'EACCES':
      return new ConfigError([`PORT: this user may not listen on ${PORT}: choose one above 1023`]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigError([`HOST: ${HOST} is not an address of this machine`]);
    default:
      return error;
  }
}

try {
  await main();
} catch (error) {
  // What an operator can mend is said in a sentence; anything else with all we know.
  const expected = error instanceof ConfigError || error instanceof ClipgateError;
  process.stderr.write(`${expected ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(1);
}
