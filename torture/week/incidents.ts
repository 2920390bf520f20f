// What goes wrong in a week: how each incident begins and ends, and which alarms it must raise within which time.

import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { parseCommand } from '../../src/gateway/commands.ts';
import { keyOf } from '../orders.ts';
import { minutes, type WeekClient } from './calendar.ts';
import type { WeekStage } from './stage.ts';

/** What an incident may use and report beside the stage. */
export interface Scene extends WeekStage {
  /** The budget whose threshold is to be reached. */
  readonly watchedBudget: string;
  /** Resolves when no job is under way. @throws where that takes hours of the week. */
  drain(): Promise<void>;
  /** To be called when a backup was made. */
  backedUp(): void;
  /** To be called before the database of now is lost. */
  forgetSinceBackup(): void;
  /** Notes a promise that was not kept. */
  accuse(what: string): void;
}

export interface Incident {
  readonly name: string;
  /** Where in the week it begins, as a share of it. */
  readonly at: number;
  readonly lastsMs: number;
  /** Orders that it is found out with, in milliseconds after its beginning. */
  readonly probesMs: readonly number[];
  /** No customer orders meanwhile: for incidents in which each try takes a second on the wall, or is forgotten. */
  readonly isQuiet?: boolean;
  /** Alarms it must raise, each within so many milliseconds of its beginning. */
  readonly alarms: Readonly<Record<string, number>>;
  /** Alarms that it may raise too. */
  readonly mayRaise?: readonly string[];
  /** How long after its end its alarms may still come. */
  readonly echoMs?: number;
  begin(scene: Scene): Promise<void>;
  end(scene: Scene): Promise<void>;
}

/** Of what is due at once. Two of them are a look apart. */
const SOON_MS = minutes(2);
const DAMAGED_BYTES = 256 * 1024;

const faults = new WeakMap<WeekStage, () => void>();
const plant = (scene: Scene, fault: Parameters<WeekStage['simulator']['addFault']>[0]): void => {
  faults.set(scene, scene.simulator.addFault(fault));
};
const unplant = (scene: Scene): void => faults.get(scene)?.();

const act = async (scene: Scene, method: string, path: string, body: object): Promise<void> => {
  const answer = await scene.request('operator', path, { method, body: JSON.stringify(body) });
  if (!answer.ok) scene.accuse(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
};

/** In the order in which they happen. */
export const INCIDENTS: readonly Incident[] = [
  {
    name: 'upstream is away for 75 minutes',
    at: 0.08,
    lastsMs: minutes(75),
    // The last one is tried again when it is over.
    probesMs: [minutes(1), minutes(1), minutes(1), minutes(9)],
    isQuiet: true,
    alarms: { no_submit_accepted: minutes(13), catalog_stale: minutes(62) },
    begin: async ({ simulator }) => simulator.refuseConnections(),
    end: ({ simulator }) => simulator.listenAgain(),
  },
  {
    name: 'the key is revoked',
    at: 0.25,
    lastsMs: minutes(8),
    probesMs: [minutes(1), minutes(3)],
    alarms: { upstream_key_refused: SOON_MS },
    begin: async (scene) => scene.setKeyGood(false),
    end: async (scene) => scene.setKeyGood(true),
  },
  {
    name: 'the account has no credits',
    at: 0.3,
    lastsMs: minutes(8),
    probesMs: [minutes(1), minutes(3)],
    alarms: { upstream_credits_exhausted: SOON_MS },
    begin: async ({ simulator }) => void simulator.configure({ credits_usd: 0 }),
    end: async ({ simulator }) => void simulator.configure({ credits_usd: 1e9 }),
  },
  {
    name: 'answers to submits are lost',
    at: 0.36,
    lastsMs: minutes(6),
    probesMs: [minutes(1), minutes(1), minutes(2), minutes(3)],
    alarms: { submission_unknown: SOON_MS, submissions_paused: minutes(4) },
    // The trials after a pause are minutes apart, and by night so are the orders.
    mayRaise: ['no_submit_accepted'],
    echoMs: minutes(15),
    begin: async (scene) => plant(scene, { fault: 'reset', on: 'submit', when: 'after' }),
    async end(scene) {
      unplant(scene);
      await attachLostJobs(scene);
    },
  },
  {
    name: 'the disk of the database is full',
    at: 0.42,
    lastsMs: minutes(10),
    probesMs: [minutes(1), minutes(3)],
    isQuiet: true,
    alarms: { store_unavailable: SOON_MS },
    // The log of the database may have had room for an order, and none for its outcome, nor for a claim of what is due.
    mayRaise: ['outcome_not_written', 'poll_lag'],
    begin: async ({ disk }) => disk?.fill(),
    end: async ({ disk }) => disk?.free(),
  },
  {
    name: 'the bucket is lost',
    at: 0.5,
    lastsMs: minutes(15),
    probesMs: [0],
    alarms: { archive_disk: minutes(7) },
    begin: async ({ bucket }) => {
      for (const method of ['PUT', 'GET', 'HEAD', 'DELETE']) bucket.faults.push(noSuchBucket(method));
    },
    end: async ({ bucket }) => void bucket.faults.splice(0),
  },
  {
    name: 'a provider charges more than its price list',
    at: 0.56,
    lastsMs: minutes(10),
    probesMs: [0, minutes(1)],
    alarms: { budget_overrun: minutes(7) },
    // A job is billed when it ends.
    echoMs: minutes(7),
    begin: async ({ simulator }) =>
      void simulator.configure({ price_factors: { 'google/veo-3.1-lite': 1.5 } }),
    end: async ({ simulator }) => void simulator.configure({ price_factors: {} }),
  },
  {
    name: 'a budget is nearly used up',
    at: 0.62,
    lastsMs: minutes(5),
    // By the client of the budget: an order finds it out.
    probesMs: [0],
    alarms: { budget_threshold: SOON_MS },
    async begin(scene) {
      const path = `/budgets/${scene.watchedBudget}`;
      const answer = await scene.request('operator', path);
      const { window } = (await answer.json()) as { window: { spent_usd: number } };
      await act(scene, 'PATCH', path, { limit_usd: Math.max(0.01, round(window.spent_usd * 1.1)) });
    },
    end: (scene) => act(scene, 'PATCH', `/budgets/${scene.watchedBudget}`, { limit_usd: 1e5 }),
  },
  {
    name: 'a backup is made',
    at: 0.7,
    lastsMs: 0,
    probesMs: [],
    isQuiet: true,
    alarms: {},
    async begin(scene) {
      await scene.drain();
      await command(scene, 'backup', scene.backupFile);
      scene.backedUp();
    },
    end: async () => undefined,
  },
  {
    name: 'the database is damaged and restored',
    at: 0.78,
    lastsMs: minutes(10),
    probesMs: [minutes(1)],
    isQuiet: true,
    alarms: {},
    begin: restore,
    end: (scene) => act(scene, 'POST', '/operations/resume', {}),
  },
];

const round = (usd: number): number => Math.round(usd * 100) / 100;

/** What a bucket that was deleted says to everything. */
const noSuchBucket = (method: string): WeekStage['bucket']['faults'][number] => ({
  method,
  times: Number.POSITIVE_INFINITY,
  answer(request, response) {
    request.resume();
    request.once('end', () => {
      response.writeHead(404, { 'content-type': 'application/xml' });
      response.end(method === 'HEAD' ? undefined : '<Error><Code>NoSuchBucket</Code></Error>');
    });
    return true;
  },
});

const command = (scene: Scene, ...args: string[]): Promise<void> =>
  parseCommand(args)({
    config: scene.config,
    clock: scene.clock,
    random: scene.randomFor('command'),
    say: () => {},
  });

/** As the runbook says: looks each job up in the activity of OpenRouter, and attaches its id. */
async function attachLostJobs(scene: Scene): Promise<void> {
  const answer = await scene.request('operator', '/jobs?status=submission_unknown&limit=100');
  const { data } = (await answer.json()) as { data: { id: string; request: unknown }[] };
  const activity = new Map(scene.simulator.ledger().map((entry) => [keyOf(entry.body), entry.job_id]));
  for (const { id, request } of data) {
    const upstreamId = activity.get(keyOf(request));
    const reason = 'Found in the activity of OpenRouter.';
    if (upstreamId === undefined) scene.accuse(`${id} is unknown, and nothing was bought for it`);
    else
      await act(scene, 'POST', `/jobs/${id}/resolve`, { action: 'attach', upstream_id: upstreamId, reason });
  }
}

async function restore(scene: Scene): Promise<void> {
  await scene.drain();
  scene.forgetSinceBackup();
  await scene.end();
  damage(scene.databaseFile);
  const refusal = await scene.begin().then(
    () => null,
    (error: Error) => error.message,
  );
  if (refusal === null || !/damaged|malformed/.test(refusal))
    scene.accuse(`a damaged database was taken for a whole one: ${refusal}`);
  await command(scene, 'restore', scene.backupFile);
  await scene.begin();
  const ready = await scene.request('operator', '/readyz');
  if (!(await ready.text()).includes('held'))
    scene.accuse('/readyz says nothing of the hold after a restore');
  const client: WeekClient = 'studio';
  const order = await scene.request(client, '/jobs', {
    method: 'POST',
    body: JSON.stringify({ model: 'google/veo-3.1-lite', prompt: 'Nobody is to buy this', duration: 4 }),
  });
  if (order.status !== 503) scene.accuse(`an order after a restore was answered ${order.status}, not 503`);
}

/** Overwrites the middle of a file. */
function damage(file: string): void {
  const { size } = statSync(file);
  const handle = openSync(file, 'r+');
  const bytes = Math.min(DAMAGED_BYTES, Math.floor(size / 2));
  writeSync(handle, Buffer.alloc(bytes, 0xa5), 0, bytes, Math.floor(size / 4));
  closeSync(handle);
}
