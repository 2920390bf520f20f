// POST /route on the recorded thirty models, and on 300 different ones, against a bare Fastify POST of the same two body
// sizes: `npx tsx bench/route.ts`.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from './support/child.ts';
import { ASSORTED, type BenchClip, CLIPS } from './support/clips.ts';
import { fight, TABLE_HEAD } from './support/duel.ts';
import { AUTHORIZATION } from './support/gateway.ts';
import { type Stage, withStage } from './support/stage.ts';

const CONNECTIONS = 50;
const GOAL = 0.5;
const HEADERS = { authorization: AUTHORIZATION, 'content-type': 'application/json' };

interface Row {
  readonly name: string;
  readonly clips: readonly BenchClip[];
  /** Gives every question a budget of its own, which no cached ranking answers. */
  readonly isNew: boolean;
}

// The impossible clip is answered with 422, which a bare route would not send: it is measured in plan.ts alone.
const ROWS: readonly Row[] = [
  { name: 'typical, asked before', clips: [CLIPS.typical], isNew: false },
  { name: 'all left open, asked before', clips: [CLIPS.open], isNew: false },
  { name: 'typical, never asked', clips: [CLIPS.typical], isNew: true },
  { name: 'sixty in turn, never asked', clips: ASSORTED.clips, isNew: true },
];

async function measure({ built, gateway, add }: Stage, level: string, models: string): Promise<void> {
  const ours = await gateway(level);
  for (const { name, clips, isNew } of ROWS) {
    let asked = 0;
    const next = () => {
      const { spec, routing } = clips[asked++ % clips.length] ?? CLIPS.typical;
      return JSON.stringify({ ...spec, ...routing, ...(isNew && { max_cost_usd: 2 + asked / 1e6 }) });
    };
    const [body, answer] = [
      next(),
      await fetch(`${ours.url}/route`, { method: 'POST', headers: HEADERS, body: next() }),
    ];
    const text = await answer.text();
    const file = join(built.scratch, 'route.json');
    await writeFile(file, text);
    const bare = await add(startServer(built, 'bench/bare-server.ts', ['json', file, level]));
    const request = { method: 'POST' as const, headers: HEADERS, body: isNew ? next : body };
    await fight({
      name: `POST /route, ${models}, ${name}, ${(text.length / 1000).toFixed(1)} kB out, log ${level}`,
      ours: { child: ours, url: `${ours.url}/route`, ...request },
      yardstick: { child: bare, url: `http://127.0.0.1:${bare.port}/route`, ...request },
      connections: CONNECTIONS,
      goal: GOAL,
    });
    await bare.stop();
  }
  await ours.stop();
}

console.log(TABLE_HEAD);
await withStage(async (stage) => {
  for (const level of ['silent', 'info']) await measure(stage, level, '30 models');
});
await withStage((stage) => measure(stage, 'silent', '300 models'), 300);
