// How the demo shows a budget being reached: a client of its own buys until the next clip does not fit.

import createClient from 'openapi-fetch';
import type { components, paths } from '../openapi/clipgate.d.ts';
import { need, usd } from './answers.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

type Schemas = components['schemas'];

const CLIENT = 'interns';
const LIMIT_USD = 0.3;
const CLIP = {
  model: 'google/veo-3.1-lite',
  prompt: 'A paper boat waits under a bridge',
  duration: 4,
  resolution: '720p',
  generate_audio: false,
} satisfies Schemas['JobRequest'];
/** More than any clip leaves room for. */
const MOST_CLIPS = 10;

/** Makes a client with a key and a small budget, and buys with it until the gateway refuses. */
export async function tellBudget(stage: Stage, screen: Screen, signal: AbortSignal): Promise<void> {
  const apiWith = (key: string) =>
    createClient<paths>({ baseUrl: stage.url, signal, headers: { authorization: `Bearer ${key}` } });
  const operator = apiWith(stage.operatorKey);

  screen.step('A budget at its limit');
  const { key } = need(await operator.POST('/keys', { body: { client: CLIENT, name: 'demo' } }));
  if (key === null) throw new Error('the gateway made a key and did not show it');
  const budget = need(
    await operator.POST('/budgets', {
      body: { scope: { kind: 'client', id: CLIENT }, limit_usd: LIMIT_USD, period: 'day' },
    }),
  );
  screen.say(`The client "${CLIENT}" has a key of its own and may spend ${usd(budget.limit_usd)} a day.`);
  const before = stage.purchases();
  const client = apiWith(key);
  for (let number = 1; number <= MOST_CLIPS; number++) {
    const answer = await client.POST('/jobs', { body: CLIP });
    if (!answer.data) {
      screen.say(`clip ${number}: ${screen.bold('refused')}, before a byte was sent to OpenRouter`);
      screen.say(screen.dim(JSON.stringify(answer.error, null, 2)));
      screen.say(`paid jobs of "${CLIENT}" in the simulator's ledger: ${stage.purchases() - before}`);
      return;
    }
    const { budgets } = need(await client.GET('/account'));
    const left = budgets.find(({ id }) => id === budget.id)?.window.remaining_usd;
    screen.say(
      `clip ${number}: bought, may cost ${usd(answer.data.cost.ceiling_usd)}, which is held; ${usd(left)} left`,
    );
  }
  throw new Error(`the budget of ${LIMIT_USD} dollars let ${MOST_CLIPS} clips through`);
}
