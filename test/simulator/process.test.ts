// The simulator as a process of its own: one line when it is up, plain words when it cannot be, SIGTERM to stop.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parseSimulatorEnv } from '../../src/simulator/env.ts';

const main = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url));

function run(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return text;
}

test('prints where it is, answers there, and stops on SIGTERM with code 0', async () => {
  const child = run({ PORT: '0', SIM_TIME_SCALE: '0', SIM_API_KEY: 'sk-or-only' });
  const line = await firstLine(child.stdout!);
  const url = /Simulated OpenRouter at (\S+)/.exec(line)?.[1];
  expect(line).toContain('SIM_API_KEY');
  expect((await fetch(`${url}/videos/models`)).status).toBe(200);
  expect((await fetch(`${url}/credits`, { headers: { authorization: 'Bearer sk-or-only' } })).status).toBe(
    200,
  );
  expect((await fetch(`${url}/credits`, { headers: { authorization: 'Bearer other' } })).status).toBe(401);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('names every variable that is wrong, and ends with code 1', async () => {
  const child = run({ PORT: 'eighty', SIM_TIME_SCALE: '-1' });
  const ended = once(child, 'exit');
  const text = await firstLine(child.stderr!);
  expect(text).toContain('PORT');
  expect(text).toContain('SIM_TIME_SCALE');
  expect(await ended).toEqual([1, null]);
});

test('a catalog that is not there is said so', async () => {
  const child = run({ PORT: '0', SIM_CATALOG: '/nowhere.json' });
  const ended = once(child, 'exit');
  expect(await firstLine(child.stderr!)).toContain('/nowhere.json');
  expect(await ended).toEqual([1, null]);
});

test('variables that nobody set fall back, and empty ones count as unset', () => {
  expect(parseSimulatorEnv({ SIM_API_KEY: '', PORT: '' })).toEqual({
    host: '127.0.0.1',
    port: 8099,
    timeScale: 1,
    allowHttpCallbacks: false,
    apiKey: undefined,
    catalog: undefined,
    seed: undefined,
    webhookSecret: undefined,
  });
  expect(parseSimulatorEnv({ SIM_WEBHOOK_SECRET: 'old,new', SIM_ALLOW_HTTP_CALLBACKS: '1' })).toMatchObject({
    webhookSecret: ['old', 'new'],
    allowHttpCallbacks: true,
  });
});
