// What a router learns in a month of clips bought from the simulator: `npx tsx bench/month.ts [jobs] [seed]`.

import { octoberCatalog } from '../test/support/catalogs.ts';
import {
  DOUBLED,
  meanError,
  PROMOTED,
  PROMOTION_ENDS,
  type Purchase,
  SLOW,
  simulateMonth,
} from '../test/support/month.ts';

const count = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? 1);

const percent = (share: number) => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`).padStart(9);
const spentOn = (purchases: readonly Purchase[]) =>
  purchases.reduce((sum, { billedUsd }) => sum + billedUsd, 0);

function printErrors(title: string, purchases: readonly Purchase[]): void {
  const late = purchases.filter(({ time }) => time >= 0.5);
  const billed = (one: Purchase) => one.billedUsd;
  const took = (one: Purchase) => one.tookS;
  const row = [
    meanError(purchases, (one) => one.listUsd, billed),
    meanError(purchases, (one) => one.estimatedUsd, billed),
    meanError(late, (one) => one.estimatedUsd, billed),
    meanError(purchases, (one) => one.priorS, took),
    meanError(purchases, (one) => one.expectedS, took),
    meanError(late, (one) => one.expectedS, took),
  ];
  console.log(`${title.padEnd(34)} ${String(purchases.length).padStart(6)} ${row.map(percent).join(' ')}`);
}

/** Of the clips routed in a part of the month, how many went to a model, and would have without learning. */
function printChoices(title: string, model: string, purchases: readonly Purchase[]): void {
  const cells = [
    [0, 0.05],
    [0.05, 0.4],
    [0.4, PROMOTION_ENDS],
    [PROMOTION_ENDS, 1],
  ].map(([from = 0, to = 1]) => {
    const part = purchases.filter(({ time, untaught }) => untaught !== null && time >= from && time < to);
    const share = (chosen: number) => percent(chosen / part.length);
    const taught = part.filter((one) => one.model === model).length;
    const untaught = part.filter((one) => one.untaught === model).length;
    return `${share(taught)} (${share(untaught).trim()})`.padEnd(20);
  });
  console.log(`${title.padEnd(34)} ${cells.join(' ')}`);
}

const started = performance.now();
const purchases = await simulateMonth(octoberCatalog(), count, seed);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
const of = (model: string) => purchases.filter((one) => one.model === model);
const others = purchases.filter(({ model }) => ![PROMOTED, DOUBLED, SLOW].includes(model));

console.log(
  `${purchases.length} of ${count} clips bought for $${spentOn(purchases).toFixed(0)} in ${seconds} s, seed ${seed}, Node ${process.version}\n`,
);
console.log(
  'Mean absolute relative error of the estimate against the bill, and of p50 against the seconds taken',
);
console.log(
  `${''.padEnd(34)} ${'jobs'.padStart(6)}   untaught   learning  2nd half   untaught  learning  2nd half`,
);
printErrors('all', purchases);
printErrors(`60 % promotion until day 24`, of(PROMOTED));
printErrors(`billed 2.125 times the list`, of(DOUBLED));
printErrors(`takes 600 s`, of(SLOW));
printErrors('every other model', others);
console.log('\nShare of routed clips it was chosen for, and in brackets would have been without learning');
console.log(
  `${''.padEnd(34)} ${['first 5 %', 'to day 12', 'to day 24', 'after'].map((name) => name.padEnd(20)).join(' ')}`,
);
printChoices(`promoted: ${PROMOTED}`, PROMOTED, purchases);
printChoices(`doubled: ${DOUBLED}`, DOUBLED, purchases);
printChoices(`slow: ${SLOW}`, SLOW, purchases);
