// POST /route on the recorded thirty models against a bare Fastify POST of the same two body sizes: `npx tsx bench/route.ts`.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from './support/child.ts';
import { CLIPS } from './support/clips.ts';
import { fight, TABLE_HEAD } from './support/duel.ts';
import { AUTHORIZATION } from './support/gateway.ts';
import { withStage } from './support/stage.ts';

const CONNECTIONS = 50;
const GOAL = 0.5;

await withStage(async ({ built, gateway, add }) => {
  console.log(TABLE_HEAD);
  for (const level of ['silent', 'info']) {
    const ours = await gateway(level);
    // The impossible clip is answered with 422, which a bare route would not send: it is measured in plan.ts alone.
    for (const { name, spec, routing, isNew } of [
      { ...CLIPS.typical, isNew: false },
      { ...CLIPS.open, isNew: false },
      { ...CLIPS.typical, name: 'typical, each with a budget of its own', isNew: true },
    ]) {
      const body = JSON.stringify({ ...spec, ...routing });
      let asked = 0;
      // What the gateway remembers of earlier questions is of no use to these.
      const next = () => JSON.stringify({ ...spec, ...routing, max_cost_usd: 2 + ++asked / 1e6 });
      const headers = { authorization: AUTHORIZATION, 'content-type': 'application/json' };
      const answer = await (await fetch(`${ours.url}/route`, { method: 'POST', headers, body })).text();
      const file = join(built.scratch, 'route.json');
      await writeFile(file, answer);
      const bare = await add(startServer(built, 'bench/bare-server.ts', ['json', file, level]));
      const request = { method: 'POST' as const, headers, body: isNew ? next : body };
      const sizes = `${body.length} B in, ${(answer.length / 1000).toFixed(1)} kB out`;
      await fight({
        name: `POST /route, ${name}, ${sizes}, log ${level}`,
        ours: { child: ours, url: `${ours.url}/route`, ...request },
        yardstick: { child: bare, url: `http://127.0.0.1:${bare.port}/route`, ...request },
        connections: CONNECTIONS,
        goal: GOAL,
      });
      await bare.stop();
    }
    await ours.stop();
  }
});
