// Before anything goes wrong: what is bought in fair weather is bought at once, and told with upstream's id. What repairs
// a loss in the storm would hide that every order needs repair.

import { CALM, makeOrder } from './orders.ts';
import type { SeenJob } from './shop.ts';
import type { Stage } from './stage.ts';

const ORDERS = 6;
/** Above every number that the storm gives its orders. */
const FIRST_NUMBER = 10_000_000;
const PATIENCE_MS = 10_000;

/** @returns what was not as it should be. */
export async function buyInFairWeather({ shop, randomFor }: Stage): Promise<string[]> {
  const faults: string[] = [];
  let ordered = 0;
  for (let number = FIRST_NUMBER; ordered < ORDERS; number++) {
    const { key, client, body } = makeOrder(randomFor, CALM, number);
    // Its budget is soon reached.
    if (client === 'press') continue;
    ordered += 1;
    const answer = await shop.order(client, key, body, false, PATIENCE_MS);
    const job = answer?.status === 202 ? (answer.body as SeenJob) : null;
    if (job?.upstream.id) continue;
    const told = job
      ? `that its job is ${job.status}, without upstream's id`
      : `${answer?.status ?? 'nothing'}`;
    faults.push(`${key} was told ${told} in fair weather`);
  }
  // A process that stands still makes one or two late; what is broken, is broken for all.
  return faults.length > ORDERS / 2 ? faults : [];
}
