// Prism between a client and a gateway: passes everything on, and notes what violates a document.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ValidatingProxy {
  readonly url: string;
  /** Its lines about violations, so far. */
  readonly violations: readonly string[];
  close(): Promise<void>;
}

/** @param document path of it. @param target origin of the gateway. */
export async function startValidatingProxy(document: string, target: string): Promise<ValidatingProxy> {
  const cli = fileURLToPath(new URL('node_modules/@stoplight/prism-cli/dist/index.js', import.meta.url));
  const prism = spawn(process.execPath, [cli, 'proxy', document, target, '-p', '0', '--errors=false'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const violations: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    prism.once('exit', (code) => reject(new Error(`prism ended with ${code}`)));
    createInterface({ input: prism.stdout }).on('line', (line) => {
      if (line.includes('Violation')) violations.push(line);
      const address = /listening on (http:\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  return {
    url,
    violations,
    async close() {
      const ended = once(prism, 'exit');
      prism.kill();
      await ended;
    },
  };
}
