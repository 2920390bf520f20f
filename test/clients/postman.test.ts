// A Postman collection imported from each document: its first calls work as they come, once the key is filled in.

import { readFileSync } from 'node:fs';
import newman from 'newman';
import { convertV2 } from 'openapi-to-postmanv2';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

interface Item {
  readonly name: string;
  readonly item?: readonly Item[];
  readonly request?: { readonly method: string; readonly url: { readonly path: readonly string[] } };
}
interface Collection {
  readonly variable: readonly { readonly key: string; readonly value: string }[];
  readonly item: readonly Item[];
}

interface Converted {
  readonly output?: readonly { readonly data: Collection }[];
  readonly reason?: string;
}

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.close());

/** As Postman imports it with its own settings: examples where the document has some. */
const importDocument = (file: string) =>
  new Promise<Collection>((resolve, reject) => {
    const source = { type: 'string' as const, data: readFileSync(`openapi/${file}.json`, 'utf8') };
    convertV2(source, { parametersResolution: 'Example', folderStrategy: 'Tags' }, (error, converted) => {
      const result = converted as Converted | undefined;
      const [collection] = result?.output ?? [];
      if (error || !collection) reject(error ?? new Error(result?.reason));
      else resolve(collection.data);
    });
  });

/** Sends the requests of a collection that `calls` names. Resolves to the status of each. */
async function send(
  collection: Collection,
  calls: readonly string[],
): Promise<Record<string, number | undefined>> {
  const requests = (items: readonly Item[]): Item[] =>
    items.flatMap((one) => (one.item ? requests(one.item) : [one]));
  const nameOf = ({ request }: Item) => `${request?.method} /${request?.url.path.join('/')}`;
  const item = requests(collection.item)
    .map((one) => ({ ...one, name: nameOf(one) }))
    .filter(({ name }) => calls.includes(name));
  return new Promise((resolve, reject) => {
    newman.run(
      {
        collection: { ...collection, item },
        envVar: [
          { key: 'baseUrl', value: gateway.url },
          { key: 'bearerToken', value: CLIENT_KEY },
        ],
      },
      (error, { run }) => {
        if (error) reject(error);
        else resolve(Object.fromEntries(run.executions.map((one) => [one.item.name, one.response?.code])));
      },
    );
  });
}

it.each([
  [
    'clipgate',
    {
      'GET /models': 200,
      'POST /route': 200,
      'POST /jobs/plan': 200,
      'POST /jobs': 202,
      'GET /account': 200,
      'GET /readyz': 200,
    },
  ],
  [
    'openrouter-face',
    {
      'GET /api/v1/videos/models': 200,
      'GET /api/v1/models': 200,
      'POST /api/v1/videos': 202,
      'GET /api/v1/key': 200,
    },
  ],
  ['openai-face', { 'POST /v1/videos': 200 }],
])('the first calls of %s', async (file, calls) => {
  const bought = gateway.simulator.ledger().length;
  const collection = await importDocument(file);
  expect(collection.variable).toContainEqual(
    expect.objectContaining({ key: 'baseUrl', value: 'http://localhost:8080' }),
  );
  expect(await send(collection, Object.keys(calls))).toEqual(calls);
  expect(gateway.simulator.ledger()).toHaveLength(bought + 1);
});
