// Sends one kind of hostile request to a gateway again and again, many at once: `hostile-sender.main.ts <url> <path> <key> <kind>`.

import { startRawServer } from '../support/raw-server.ts';

const SIZE = 30 * 1024 * 1024;
const CLIP = '"model":"google/veo-3.1-lite","prompt":"a boat","duration":4,"resolution":"720p"';

/** References on a server that takes connections and says nothing. */
async function silentMedia(): Promise<string> {
  const { port } = await startRawServer(() => undefined);
  const references = Array.from({ length: 9 }, (_, index) => ({
    type: 'image_url',
    image_url: { url: `https://127.0.0.1:${port}/${index}.png` },
  }));
  return JSON.stringify({ prompt: 'a boat', preflight: true, input_references: references });
}

const KINDS: Readonly<Record<string, { atOnce: number; body: () => string | Promise<string> }>> = {
  objects: { atOnce: 4, body: () => `{"trace":{"a":[${'{},'.repeat(SIZE / 3)}1]}}` },
  brackets: { atOnce: 4, body: () => '['.repeat(SIZE) },
  blanks: { atOnce: 20, body: () => `{"prompt":"a boat"${' '.repeat(SIZE)}}` },
  characters: { atOnce: 8, body: () => `{"prompt":"${'漢'.repeat(SIZE / 3)}"}` },
  media: { atOnce: 20, body: silentMedia },
  orders: { atOnce: 16, body: () => `{${CLIP},"max_cost_usd":0.000001}` },
};

const [url = '', path = '', key = '', kind = ''] = process.argv.slice(2);
const { atOnce, body } = KINDS[kind] ?? { atOnce: 0, body: () => '' };
const bytes = Buffer.from(await body());

async function attack(): Promise<never> {
  for (;;) {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: bytes,
    }).catch(() => null);
    await answer?.arrayBuffer().catch(() => null);
  }
}

process.stdout.write('sending\n');
await Promise.all(Array.from({ length: atOnce }, attack));
