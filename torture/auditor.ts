// While customers buy: makes room in the tight budget, so that its limit is met again and again, and audits the rows meanwhile.

import { setTimeout as sleep } from 'node:timers/promises';
import { auditBooks, isClean, type Misaccounts, NO_MISACCOUNTS, type TightBudget } from './accounts.ts';
import { readBooks } from './books.ts';
import { OPERATOR, type Stage } from './stage.ts';

/** One clip or two. */
const ROOM_USD = 0.2;
const GAP_MS = 500;

/** Every snapshot must be right, not only the last.*/
export async function auditMeanwhile(
  { shop, databaseUrl, areBooksShut }: Stage,
  { id }: TightBudget,
  isOver: () => boolean,
  onFound: (found: Misaccounts) => void,
): Promise<void> {
  while (!isOver()) {
    await sleep(GAP_MS);
    if (areBooksShut()) continue;
    // The database may be down at the moment.
    const books = await readBooks(databaseUrl).catch(() => null);
    const found = books === null ? NO_MISACCOUNTS : auditBooks(books, []);
    if (!isClean(found)) {
      onFound(found);
      return;
    }
    await shop.post(OPERATOR, `/budgets/${id}/adjustments`, { usd: ROOM_USD, reason: 'room for one more' });
  }
}
