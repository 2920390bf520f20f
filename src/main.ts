// The process: reads the environment, starts the gateway, handles signals. The only file that uses `process`.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { ConfigError, parseConfig } from './config/parse.ts';
import { readSecretFiles } from './config/secret-files.ts';
import type { Config } from './config/variables.ts';
import { ClipgateError } from './core/errors.ts';
import { parseCommand, USAGE } from './gateway/commands.ts';
import { createGateway } from './gateway/gateway.ts';
import { createLogOptions } from './gateway/log-options.ts';
import { openStore } from './store/sqlite/open-store.ts';
import { VERSION } from './version.ts';

async function main(): Promise<void> {
  const config = parseConfig(readSecretFiles(process.env));
  const owner = `${hostname()}:${process.pid}:${randomUUID()}`;
  const log = pino(createLogOptions(config, { version: VERSION, instance: owner }));
  const store = await openStore({
    databaseUrl: config.DATABASE_URL,
    clock: Date.now,
    report: (error) => log.error({ err: error }, 'the database reported a problem'),
  });
  let apiKey = config.OPENROUTER_API_KEY;
  const gateway = await createGateway({
    config,
    apiKey: () => apiKey,
    store,
    log,
    version: VERSION,
    owner,
    clock: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
  });
  process.on('SIGHUP', () => {
    try {
      const reread = parseConfig(readSecretFiles(process.env));
      // Whether there is one at all is settled at the start.
      if (reread.OPENROUTER_API_KEY && apiKey) apiKey = reread.OPENROUTER_API_KEY;
      log.info({}, 'SIGHUP: read the OpenRouter key again; every other setting stays as it was at the start');
    } catch (error) {
      log.error({ err: error }, 'SIGHUP: the configuration is invalid; the present one stays in use');
    }
  });
  const delay = config.DRAIN_DELAY_MS + config.SHUTDOWN_TIMEOUT_MS;
  closeWithGrace({ delay, logger: log, skip: ['SIGHUP'] }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'uncaught error: shutting down');
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
    // The poller may have begun a submit: it is finished even if the port is in use.
    await gateway.close();
    throw error;
  }
}

/** The system's message names neither variable. */
function asListenError(error: unknown, { HOST, PORT }: Config): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new ConfigError([
        `PORT: ${PORT} is in use on ${HOST}: stop the other process, or choose another port`,
      ]);
    case 'EACCES':
      return new ConfigError([`PORT: no permission to listen on ${PORT}: choose a port above 1023`]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigError([`HOST: ${HOST} is not an address of this machine`]);
    default:
      return error;
  }
}

try {
  const args = process.argv.slice(2);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (args.length === 0) await main();
  else if (args.includes('--help') || args.includes('-h')) say(USAGE);
  else if (args[0] === '--version') say(VERSION);
  else {
    const run = parseCommand(args);
    const config = parseConfig(readSecretFiles(process.env), { serves: false });
    await run({ config, clock: Date.now, random: Math.random, say });
  }
} catch (error) {
  // An error that an operator can fix is one sentence; anything else shows its stack.
  const expected = error instanceof ConfigError || error instanceof ClipgateError;
  process.stderr.write(`${expected ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(1);
}
