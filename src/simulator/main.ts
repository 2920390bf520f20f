// The simulator as a process: reads the environment, prints one line, stops on SIGTERM.
import closeWithGrace from 'close-with-grace';
import { parseSimulatorEnv } from './env.ts';
import { startSimulator } from './index.ts';

const options = parseSimulatorEnv(process.env);
if ('problems' in options) {
  process.stderr.write(`The simulator cannot start:\n${options.problems}\n`);
  process.exit(1);
}

const simulator = await startSimulator(options).catch((error: Error) => {
  process.stderr.write(`The simulator cannot start: ${error.message}\n`);
  process.exit(1);
});
const keyHint =
  options.apiKey === undefined ? 'any bearer key works, sk-or-bad... is refused' : 'key: SIM_API_KEY';
process.stdout.write(
  `Simulated OpenRouter at ${simulator.apiUrl} (${keyHint}; control API under ${simulator.url}/_sim/)\n`,
);
closeWithGrace({ delay: 5000 }, async ({ err }) => {
  if (err !== undefined) process.stderr.write(`${err.stack ?? err.message}\n`);
  await simulator.close();
});
