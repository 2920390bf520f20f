// Secrets that stand in files, as container platforms hand them out: read into the variables they stand for.

import { readFileSync } from 'node:fs';
import { ConfigError } from './parse.ts';
import { SECRET_NAMES } from './variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with `X` set to what the file named by `X_FILE` holds, for every secret variable; line ends at the
 * end of a file do not count. An empty variable counts as unset.
 * @throws ConfigError naming every file that cannot be used, and every variable that is set both ways.
 */
export function readSecretFiles(env: Environment): Environment {
  const problems: string[] = [];
  const read: Record<string, string> = {};
  for (const name of SECRET_NAMES) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) {
      problems.push(`${name} and ${name}_FILE are both set: keep one`);
      continue;
    }
    try {
      const value = readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
      if (value === '') problems.push(`${name}_FILE: ${path} is empty`);
      else read[name] = value;
    } catch (error) {
      problems.push(
        `${name}_FILE: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...env, ...read };
}
