// Writes what is generated from the code; with `--check` writes nothing and fails where a file is out of date.

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { OPENAI_DOCUMENT } from '../src/http/openai/openai-face.ts';
import { CLIPGATE_DOCUMENT } from '../src/http/openapi/openapi.ts';
import { OPENROUTER_DOCUMENT } from '../src/http/openrouter/openrouter-face.ts';
import {
  renderAlarmRules,
  renderAlarms,
  renderConfiguration,
  renderErrors,
  renderOpenApi,
  renderSchema,
  renderTypes,
} from './documents.ts';

const OUTPUTS: Readonly<Record<string, (current: string) => string | Promise<string>>> = {
  'openapi/clipgate.json': () => renderOpenApi(CLIPGATE_DOCUMENT),
  'openapi/openai-face.json': () => renderOpenApi(OPENAI_DOCUMENT),
  'openapi/openrouter-face.json': () => renderOpenApi(OPENROUTER_DOCUMENT),
  'openapi/clipgate.d.ts': renderTypes,
  'deploy/prometheus/alarms.yml': renderAlarmRules,
  'docs/operations/upgrades.md': renderSchema,
  'docs/reference/alarms.md': renderAlarms,
  'docs/reference/configuration.md': renderConfiguration,
  'docs/reference/errors.md': renderErrors,
};

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, render] of Object.entries(OUTPUTS)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const current = await readFile(path, 'utf8').catch(() => '');
  const wanted = await render(current);
  if (wanted === current) continue;
  if (check) stale.push(name);
  else {
    await writeFile(path, wanted);
    console.log(`wrote ${name}`);
  }
}
if (stale.length > 0) {
  console.error(
    `${stale.join(' and ')} no longer match the code. Run "npm run generate" and commit the result.`,
  );
  process.exitCode = 1;
}
