// The gateway as its operator runs it: a process of its own, with a folder that outlives it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { type Program, runProgram } from '../support/program.ts';

/** Several processes start in one test, and a busy machine starts them slowly. */
export const PATIENT = { timeout: 60_000 };

/** For conditions that are polled for. */
export const DEADLINE = { timeout: 20_000, interval: 20 };

export interface GatewayProcess extends Program {
  readonly url: string;
}

/** A folder for database and archive, removed when the test ends. */
export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clipgate-journey-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Upstream in the test's own process, so that its clock can be moved and its ledger read. */
export async function openUpstream(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** The variables of a gateway that keeps everything in `folder` and pays at `upstreamUrl`. */
export const envOf = (folder: string, upstreamUrl: string): Record<string, string> => ({
  PORT: '0',
  CLIENT_AUTH: 'none',
  OPENROUTER_API_KEY: 'sk-or-v1-journey',
  OPENROUTER_BASE_URL: upstreamUrl,
  DATABASE_URL: `sqlite:${join(folder, 'clipgate.db')}`,
  ARCHIVE_DIR: join(folder, 'clips'),
  POLL_MIN_MS: '20',
  POLL_MAX_MS: '20',
});

/** Resolves once it listens. @param main of another version, where it is not to be this one. */
export async function runGateway(
  env: Readonly<Record<string, string>>,
  main = 'src/main.ts',
): Promise<GatewayProcess> {
  const program = runProgram(main, env);
  const url = await program.waitFor(/Server listening at (http:\/\/127\.0\.0\.1:\d+)/);
  return { ...program, url };
}

const CLIP = {
  model: 'google/veo-3.1-lite',
  prompt: 'A paper boat sails down a rainy street at dusk',
  duration: 4,
  resolution: '720p',
  aspect_ratio: '16:9',
  generate_audio: false,
};

export interface JobAnswer {
  readonly id: string;
  readonly status: string;
  readonly resubmit_safe: boolean;
  readonly upstream: { readonly id: string | null };
}

/** Buys the clip under an idempotency key. */
export const buy = (url: string, key: string): Promise<Response> =>
  fetch(`${url}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(CLIP),
  });

export const readJob = async (url: string, id: string): Promise<JobAnswer> =>
  (await (await fetch(`${url}/jobs/${id}`)).json()) as JobAnswer;
