// Draws docs/images/guide-prices.svg: what the guide takes for each model's price of one clip, and what the clip costs.

import { readFileSync, writeFileSync } from 'node:fs';
import { indexCatalog } from '../src/core/catalog/catalog.ts';
import { planRoute } from '../src/core/routing/plan-route.ts';
import { parseModels } from '../src/outbound/openrouter/catalog-wire.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../test/fixtures/${name}`, import.meta.url), 'utf8'));

const answer = parseModels(
  read('videos-models.2026-10-02.json'),
  new Map(Object.entries(read('input-modalities.2026-10-02.json') as Record<string, string[]>)),
);
if (!answer) throw new Error('the recorded catalog cannot be read');
const catalog = indexCatalog(answer.models, { fetchedAt: 0, dropped: answer.dropped });

const CLIP = { prompt: 'a paper boat', duration: 5, resolution: '720p', aspect_ratio: '9:16' };

const rows = planRoute(catalog, CLIP, { scoring: 'guide' }).candidates.flatMap(
  ({ model, lowestAdvertisedPrice, estimate }) =>
    lowestAdvertisedPrice === null || lowestAdvertisedPrice === undefined || estimate.usd === null
      ? []
      : [
          {
            name: model.id.split('/')[1] ?? model.id,
            guide: lowestAdvertisedPrice,
            usd: estimate.usd.toNumber(),
          },
        ],
);
const byGuide = [...rows].sort((a, b) => a.guide - b.guide || (a.name < b.name ? -1 : 1));
const byCost = [...rows].sort((a, b) => a.usd - b.usd || (a.name < b.name ? -1 : 1));

const ROW = 26;
const TOP = 92;
const WIDTH = 860;
const LEFT = 300;
const RIGHT = 560;
const height = TOP + rows.length * ROW + 44;
const y = (place: number) => TOP + place * ROW + ROW / 2;

/** The lowest number of a price list, as it stands there. */
const asListed = (price: number) => (price < 0.001 ? price.toFixed(10).replace(/0+$/, '') : String(price));

const lines = rows.map((row) => {
  const from = byGuide.indexOf(row);
  const to = byCost.indexOf(row);
  // A model that the guide takes for much cheaper than it is sinks, and is drawn in red.
  const colour = to - from >= 3 ? '#c0392b' : from - to >= 3 ? '#1e8449' : '#9aa5b1';
  return [
    `<line x1="${LEFT + 8}" y1="${y(from)}" x2="${RIGHT - 8}" y2="${y(to)}" stroke="${colour}" stroke-width="2"/>`,
    `<circle cx="${LEFT + 8}" cy="${y(from)}" r="3.5" fill="${colour}"/><circle cx="${RIGHT - 8}" cy="${y(to)}" r="3.5" fill="${colour}"/>`,
    `<text x="${LEFT - 4}" y="${y(from) + 4}" text-anchor="end">${row.name}  <tspan class="n">${asListed(row.guide)}</tspan></text>`,
    `<text x="${RIGHT + 4}" y="${y(to) + 4}"><tspan class="n">$${row.usd.toFixed(3)}</tspan>  ${row.name}</text>`,
  ].join('\n');
});

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Models in the order of the guide's price and of their real cost for one clip">
<style>text{font:13px ui-sans-serif,system-ui,sans-serif;fill:#1f2933}.h{font-weight:600;font-size:16px}.s{fill:#52606d}.n{font-weight:600}</style>
<rect width="100%" height="100%" fill="#ffffff"/>
<text class="h" x="24" y="30">One clip: ${CLIP.duration} s, ${CLIP.resolution}, ${CLIP.aspect_ratio}, as upstream makes it by default. Cheapest first.</text>
<text class="s" x="24" y="52">Left: the lowest number in each price list, which the published helper compares, dollars with cents and tokens with seconds.</text>
<text class="n" x="${LEFT - 4}" y="80" text-anchor="end">what the guide thinks</text>
<text class="n" x="${RIGHT + 4}" y="80">what the clip costs</text>
${lines.join('\n')}
<text class="s" x="24" y="${height - 16}">Red: dearer than its place on the left says. Green: cheaper. Catalog of 2 October 2026. Drawn by bench/price-picture.ts.</text>
</svg>
`;

const target = new URL('../docs/images/guide-prices.svg', import.meta.url);
writeFileSync(target, svg);
console.log(
  `docs/images/guide-prices.svg: ${rows.length} models; the guide's cheapest is ${byGuide[0]?.name}, the cheapest is ${byCost[0]?.name}`,
);
