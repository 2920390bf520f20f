// The settings of a simulated OpenRouter that can change while it runs, with their defaults.
import { z } from 'zod';

/** On the wire as in the process: these names are the body of `PATCH /_sim/settings`. */
export const SettingsSchema = z.strictObject({
  time_scale: z.number().min(0).max(1000).describe('1 = the latencies of the live service, 0 = immediately'),
  id_style: z
    .enum(['gen-vid', 'legacy'])
    .describe('gen-vid-<unix>-<20> equal to generation_id, or 20 characters with another generation_id'),
  relative_polling_url: z.boolean().describe('/api/v1/videos/{id} instead of an absolute URL'),
  missing_key_message: z
    .enum(['observed', 'documented'])
    .describe('No cookie auth credentials found, or Missing Authentication header'),
  price_factors: z
    .record(z.string(), z.number().positive())
    .describe('factor on the bills of a model: 0.4 is a 60 % promotion'),
  unlisted_surcharge: z.boolean().describe('alibaba/wan-3.0 bills 2.125 times its list price, as observed'),
  default_callback_url: z.url().nullable().describe('the workspace’s webhook, for requests without one'),
  content_bytes_per_second: z.int().min(0).describe('0 = as fast as the client reads'),
  credits_usd: z.number().min(0).describe('what the account has bought'),
  key_limit_usd: z.number().min(0).nullable().describe('what the key may spend; null = no limit'),
  in_flight_budget_usd: z
    .number()
    .min(0)
    .nullable()
    .describe('limit on the estimated cost of all running jobs; null = no limit'),
});

export type Settings = z.infer<typeof SettingsSchema>;

export const SettingsChangeSchema = SettingsSchema.partial();
export type SettingsChange = z.infer<typeof SettingsChangeSchema>;

/** The settings with some of them changed. @throws ZodError naming every one that is wrong. */
export function changeSettings(current: Settings, change: SettingsChange): Settings {
  const named = Object.entries(change).filter(([, value]) => value !== undefined);
  return SettingsSchema.parse({ ...current, ...Object.fromEntries(named) });
}

export const defaultSettings: Settings = {
  time_scale: 1,
  id_style: 'gen-vid',
  relative_polling_url: false,
  missing_key_message: 'observed',
  price_factors: {},
  unlisted_surcharge: false,
  default_callback_url: null,
  content_bytes_per_second: 0,
  credits_usd: 10_000,
  key_limit_usd: null,
  in_flight_budget_usd: null,
};

/** The bill on record: 2 s of 480p at 0.05 a second came to 0.2125. */
const unlistedSurcharge = { model: 'alibaba/wan-3.0', factor: 2.125 };

/** What a model's bill is multiplied by under these settings. */
export function priceFactor(settings: Settings, modelId: string): number {
  const surcharge =
    settings.unlisted_surcharge && modelId === unlistedSurcharge.model ? unlistedSurcharge.factor : 1;
  return surcharge * (settings.price_factors[modelId] ?? 1);
}
