// What the simulator's tests share: a simulator that is closed after the test, and plain HTTP calls against it.
import { onTestFinished } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';

/** A simulator on a free port, with time at once and a fixed seed; closed when the test ends. */
export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ timeScale: 0, seed: 7, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

type Answer = { status: number; headers: Headers; body: unknown; text: string };

/** One call with a good key. `path` is below /api/v1, or starts with /_sim. */
export async function call(simulator: Simulator, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = new Headers({
    authorization: 'Bearer sk-or-test',
    ...Object.fromEntries(new Headers(init.headers)),
  });
  if (init.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/json');
  const base = path.startsWith('/_sim') ? simulator.url : simulator.apiUrl;
  const response = await fetch(`${base}${path}`, { ...init, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parseJson(text) };
}

/** Sends JSON. */
export function send(
  simulator: Simulator,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answer> {
  return call(simulator, path, { method, body: JSON.stringify(body), headers });
}

/** The smallest request that every test can start from: 1 s of 480p costs 0.05. */
export const grokClip = {
  model: 'x-ai/grok-imagine-video',
  prompt: 'a paper boat',
  duration: 1,
  resolution: '480p',
};

/** Submits and returns the id. @throws when the submit is refused. */
export async function buyClip(simulator: Simulator, request: object = grokClip): Promise<string> {
  const answer = await send(simulator, '/videos', request);
  if (answer.status !== 202) throw new Error(`submit answered ${answer.status}: ${answer.text}`);
  return (answer.body as { id: string }).id;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
