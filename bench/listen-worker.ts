// Opens event streams on one job and says when each heard of its end. Arguments: URL of the stream, authorization, how many.

import { Agent, get } from 'node:http';
import process from 'node:process';

const [url = '', authorization = '', wanted = '1'] = process.argv.slice(2);
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
const heardAt: number[] = [];
let toldAt = 0;
let open = 0;

/** Resolves when the stream has been closed by the server. */
function listen(): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization } }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`answered ${answer.statusCode}`));
      let text = '';
      let begun = false;
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (!begun && text.includes('"status":"in_progress"')) {
          begun = true;
          open += 1;
          if (open === Number(wanted)) process.send?.('open');
        }
        const ended = /data: (\{.*"status":"completed".*\})/.exec(text);
        if (!ended) return;
        heardAt.push(Date.now());
        toldAt = Date.parse((JSON.parse(ended[1] ?? '{}') as { updated_at: string }).updated_at);
        text = '';
      });
      answer.on('end', resolve);
      answer.on('error', reject);
      return undefined;
    }).on('error', reject);
  });
}

await Promise.all(Array.from({ length: Number(wanted) }, listen));
process.send?.({ delays: heardAt.map((at) => at - toldAt).sort((a, b) => a - b) }, () => process.exit(0));
