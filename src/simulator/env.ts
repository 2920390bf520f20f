// Reads the simulator's environment variables, and reports every invalid one at once.
import { z } from 'zod';
import type { SimulatorOptions } from './index.ts';

/** An empty variable counts as unset: compose files pass an empty value for an unset one. */
const unset = (value: unknown) => (value === '' ? undefined : value);

const EnvSchema = z.object({
  HOST: z.preprocess(unset, z.string().default('127.0.0.1')),
  PORT: z.preprocess(unset, z.coerce.number().int().min(0).max(65_535).default(8099)),
  SIM_CATALOG: z.preprocess(unset, z.string().optional()),
  SIM_TIME_SCALE: z.preprocess(unset, z.coerce.number().min(0).max(1000).default(1)),
  SIM_API_KEY: z.preprocess(unset, z.string().optional()),
  SIM_WEBHOOK_SECRET: z.preprocess(unset, z.string().optional()),
  SIM_ALLOW_HTTP_CALLBACKS: z.preprocess(unset, z.enum(['0', '1']).default('0')),
  SIM_SEED: z.preprocess(unset, z.coerce.number().int().min(0).optional()),
});

/** Options for `startSimulator`, or one text with all problems. Several webhook secrets are separated by commas. */
export function parseSimulatorEnv(
  env: Readonly<Record<string, string | undefined>>,
): SimulatorOptions | { readonly problems: string } {
  const parsed = EnvSchema.safeParse(env);
  if (!parsed.success) return { problems: z.prettifyError(parsed.error) };
  const values = parsed.data;
  return {
    host: values.HOST,
    port: values.PORT,
    catalog: values.SIM_CATALOG,
    timeScale: values.SIM_TIME_SCALE,
    apiKey: values.SIM_API_KEY,
    webhookSecret: values.SIM_WEBHOOK_SECRET?.split(','),
    allowHttpCallbacks: values.SIM_ALLOW_HTTP_CALLBACKS === '1',
    seed: values.SIM_SEED,
  };
}
