// Reads the configuration from environment variables, and names everything that is wrong with it at once.

import { RULES } from './rules.ts';
import { type Config, SECRET_NAMES, variables } from './variables.ts';

/** Thrown by `parseConfig`: one line per invalid variable, never with its value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Clipgate cannot start:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the configuration from environment variables. An empty variable counts as unset.
 * @param options.serves false for a command, which has no clients and so needs none of their keys.
 * @throws ConfigError with every invalid variable.
 */
export function parseConfig(
  env: Readonly<Record<string, string | undefined>>,
  { serves = true }: { readonly serves?: boolean } = {},
): Config {
  const values: Record<string, unknown> = {};
  const problems = new Map<string, string>();
  for (const [name, schema] of Object.entries(variables)) {
    const parsed = schema.safeParse(
      env[name] || env[LOWER_CASE.has(name) ? name.toLowerCase() : name] || undefined,
    );
    if (parsed.success) values[name] = parsed.data;
    else problems.set(name, parsed.error.issues.map((issue) => issue.message).join(', '));
  }
  const config = values as Config;
  for (const { of, check, onlyToServe } of RULES) {
    if (onlyToServe && !serves) continue;
    const [name] = of;
    const problem = of.some((one) => problems.has(one)) ? null : check(config);
    if (name && problem) problems.set(name, problem);
  }
  if (problems.size === 0) return config;
  throw new ConfigError([...problems].map(([name, problem]) => `${name} ${problem}`));
}

export interface VariableDoc {
  readonly name: string;
  /** Null if there is none. */
  readonly byDefault: string | null;
  readonly description: string;
}

/** Most programs that read these spell them in lower case. */
const LOWER_CASE: ReadonlySet<string> = new Set(['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']);

const SECRETS: ReadonlySet<string> = new Set(SECRET_NAMES);

/** Name, default and description of every variable. */
export function describeVariables(): VariableDoc[] {
  return Object.entries(variables).map(([name, schema]) => {
    const byDefault = schema.safeParse(undefined).data;
    const inFile = SECRETS.has(name) ? ` Or set \`${name}_FILE\` to the path of a file with it.` : '';
    return {
      name,
      byDefault: byDefault === undefined ? null : String(byDefault),
      description: `${schema.description ?? ''}${inFile}`,
    };
  });
}
