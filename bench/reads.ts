// GET /models, GET /jobs/{id} and OpenRouter's GET /api/v1/videos/{id} against a bare Fastify route with a body of the same size: `npx tsx bench/reads.ts`.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from './support/child.ts';
import { fight, TABLE_HEAD } from './support/duel.ts';
import { AUTHORIZATION } from './support/gateway.ts';
import { withStage } from './support/stage.ts';

const CONNECTIONS = 50;
const GOAL = 0.7;

await withStage(async ({ built, gateway, add }) => {
  console.log(TABLE_HEAD);
  for (const level of ['silent', 'info']) {
    const ours = await gateway(level);
    const done = await ours.buy('a paper boat');
    const running = await ours.buy('never');
    await ours.settle(done, 'completed');
    await ours.settle(running, 'in_progress');
    const routes = [
      { name: 'GET /models', path: '/models' },
      { name: 'GET /jobs/{id}, running', path: `/jobs/${running}` },
      { name: 'GET /jobs/{id}, completed', path: `/jobs/${done}` },
      { name: 'GET /api/v1/videos/{id}, running', path: `/api/v1/videos/${running}` },
      { name: 'GET /api/v1/videos/{id}, completed', path: `/api/v1/videos/${done}` },
      { name: 'GET /v1/videos/{id}, running', path: `/v1/videos/${running}` },
    ];
    for (const [index, { name, path }] of routes.entries()) {
      const headers = { authorization: AUTHORIZATION };
      const body = await (await fetch(`${ours.url}${path}`, { headers })).text();
      const file = join(built.scratch, `${level}-${index}.json`);
      await writeFile(file, body);
      const bare = await add(startServer(built, 'bench/bare-server.ts', ['text', file, level]));
      await fight({
        name: `${name}, ${(body.length / 1000).toFixed(1)} kB, log ${level}`,
        ours: { child: ours, url: `${ours.url}${path}`, headers },
        yardstick: { child: bare, url: `http://127.0.0.1:${bare.port}${path}`, headers },
        connections: CONNECTIONS,
        goal: GOAL,
      });
      await bare.stop();
    }
    await ours.stop();
  }
});
