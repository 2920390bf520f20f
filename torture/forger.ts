// Tells the gateway of clips that were never bought, with upstream's own signature and the right nonce.

import { setTimeout as sleep } from 'node:timers/promises';
import { createSigning } from './signing.ts';
import { type Stage, WEBHOOK_SECRET } from './stage.ts';

const GAP_MS = 250;

/** Names another id for jobs whose own answer was lost, before the true webhook comes. Resolves with how many. */
export async function forgeWebhooks(stage: Stage, isOver: () => boolean): Promise<number> {
  const signing = createSigning(WEBHOOK_SECRET, stage.clock);
  const done = new Set<string>();
  while (!isOver()) {
    await sleep(GAP_MS);
    const target = stage.simulator
      .ledger()
      .find(({ job_id: id, answer }) => !done.has(id) && answer.kind !== 'sent' && answer.kind !== 'waiting');
    const url = (target?.body as { callback_url?: string } | undefined)?.callback_url;
    if (!target || url === undefined) continue;
    done.add(target.job_id);
    const id = `gen-vid-1-${'forged'.repeat(3)}${done.size}`;
    const body = JSON.stringify({
      type: 'video.generation.completed',
      created_at: new Date(stage.clock()).toISOString(),
      data: { id, status: 'completed', generation_id: id, model: target.model },
    });
    const headers = {
      'content-type': 'application/json',
      'x-openrouter-signature': signing.sign(Buffer.from(body)),
    };
    await fetch(url, { method: 'POST', body, headers }).catch(() => undefined);
  }
  return done.size;
}
