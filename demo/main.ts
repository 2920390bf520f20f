// `npm run demo`: the whole gateway in front of a simulated OpenRouter, one clip from wish to file. Spends nothing.

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { tellBudget } from './budget-story.ts';
import { tellClients } from './clients-story.ts';
import { createScreen } from './screen.ts';
import { openStage } from './stage.ts';
import { tellStory } from './story.ts';

/** Generations take this share of the seconds measured on the live service: long enough to watch. */
const TIME_SCALE = 0.08;
const FOLDER = fileURLToPath(new URL('../demo-output', import.meta.url));

const HELP = `usage: npm run demo [-- --stay]
  --stay   keep gateway and simulator running afterwards, to try things with curl`;

async function main(signal: AbortSignal, stay: boolean): Promise<void> {
  const { stdout, env } = process;
  const screen = createScreen(stdout, stdout.isTTY === true && !env['NO_COLOR']);
  screen.say(
    screen.bold(
      'Clipgate: one clip, from the request to the file. Nothing is spent: OpenRouter is simulated.',
    ),
  );
  const stage = await openStage(TIME_SCALE, { keepsPort: stay });
  try {
    await tellStory(stage, screen, FOLDER, signal);
    await tellBudget(stage, screen, signal);
    await tellClients(stage, screen, signal);
    screen.step('Try it with curl');
    if (!stay) screen.say('npm run demo -- --stay     # keeps all of this running at an address like');
    const url = stage.url;
    screen.say(`curl -s '${url}/models?duration=5'
curl -s ${url}/route -H 'content-type: application/json' \\
  -d '{"prompt":"A paper boat","duration":5,"resolution":"720p","priority":"fast_and_cheap"}'
curl -s ${url}/jobs -H 'content-type: application/json' -H 'idempotency-key: boat-1' \\
  -d '{"prompt":"A paper boat","duration":5,"resolution":"720p","max_cost_usd":0.5}'
curl -s ${url}/jobs
curl -s ${url}/jobs/<id>/content -o boat.mp4`);
    if (stay) {
      screen.say();
      screen.say(
        `${screen.green('Running.')} The console: ${url}/console, documentation: ${url}/docs. Ctrl-C ends it.`,
      );
      screen.say(`For operator commands, run: export OPERATOR_KEY=${stage.operatorKey}`);
      if (!signal.aborted) await once(signal, 'abort');
    }
  } finally {
    await stage.close();
  }
}

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stopping.abort());
}
const flags = process.argv.slice(2);
if (flags.some((flag) => flag !== '--stay')) {
  process.stdout.write(`${HELP}\n`);
  process.exitCode = flags.includes('--help') ? 0 : 1;
} else {
  const stay = flags.includes('--stay');
  try {
    await main(stopping.signal, stay);
  } catch (error) {
    // 130 is what a shell reports of a program that Ctrl-C ended.
    process.exitCode = stopping.signal.aborted ? 130 : 1;
    const message = error instanceof Error ? error.message : String(error);
    process.stdout.write(stopping.signal.aborted ? '\n  Stopped.\n' : `\n  The demo failed: ${message}\n`);
  }
}
