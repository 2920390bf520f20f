// The document's table of faults: every fault is in it, and every example is one the simulator takes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FaultRuleSchema, listFaults } from '../../src/simulator/faults/catalogue.ts';
import { openSimulator } from '../support/simulator.ts';

const text = readFileSync(new URL('../../docs/development/simulator.md', import.meta.url), 'utf8');
const rows = [...text.matchAll(/^\| `(\w+)` \|.*`curl \$SIM\/_sim\/faults -d '(.*)'` \|$/gm)];

test('the table lists every fault, in order', () => {
  expect(rows.map(([, name]) => name)).toEqual(listFaults().map((fault) => fault.name));
});

test.each(rows.map(([, name, json]) => [name ?? '', json ?? '']))(
  'the example of %s is taken',
  (name, json) => {
    expect(FaultRuleSchema.parse(JSON.parse(json))).toMatchObject({ fault: name });
  },
);

test('curl needs no content type for it', async () => {
  const simulator = await openSimulator();
  const answer = await fetch(`${simulator.url}/_sim/faults`, {
    method: 'POST',
    body: '{"fault":"stuck"}',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.status).toBe(200);
});
