// Parses faults from a prompt or a header: `[sim:error status=503 when=after]`, `x-sim-fault: cut at=9; cost_null`.
import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { type Fault, FaultRuleSchema, listFaults } from './catalogue.ts';

export const faultHeader = 'x-sim-fault';

const marker = /\[sim:([^\]]+)\]/g;
const assignment = /([a-z_]+)=(?:"([^"]*)"|(\S+))/g;

/** The faults a prompt carries. @throws ApiError 400 for one that cannot be read: a typo must not pass in silence. */
export function faultsInPrompt(prompt: string): Fault[] {
  return [...prompt.matchAll(marker)].map((found) => readFault(found[1] ?? ''));
}

/** The faults a header carries, separated by semicolons. @throws ApiError 400, as for prompts. */
export function faultsInHeader(header: string | string[] | undefined): Fault[] {
  return [header ?? []]
    .flat()
    .flatMap((text) => text.split(';'))
    .filter((text) => text.trim() !== '')
    .map(readFault);
}

/** Reads `name key=value key="two words"`. */
function readFault(text: string): Fault {
  const name = text.trim().split(/\s+/, 1)[0] ?? '';
  const parameters = [...text.matchAll(assignment)].map(
    ([, key = '', quoted, bare]) => [key, quoted ?? plainValue(bare ?? '')] as const,
  );
  const parsed = FaultRuleSchema.safeParse({ fault: name, ...Object.fromEntries(parameters) });
  if (parsed.success && parsed.data.fault !== 'refuse') return parsed.data;
  const known = listFaults().map((fault) => fault.name);
  const problem = parsed.success
    ? 'refuse works by POST /_sim/faults only: a request that is read was not refused'
    : known.includes(name)
      ? z.prettifyError(parsed.error)
      : `known faults: ${known.join(', ')}`;
  throw new ApiError(400, `Simulator: cannot read the fault "${text.trim()}": ${problem}`);
}

function plainValue(text: string): string | number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
