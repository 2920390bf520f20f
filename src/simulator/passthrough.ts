// Which provider options survive: an unknown slug, wrapper or key is silently dropped, as on the live service.
import type { CatalogModel } from './catalog.ts';
import { providerOf } from './providers.ts';
import type { VideoRequest } from './wire.ts';

/** The options that reach the provider, by name. Everything else in `provider.options` has no effect. */
export function keptOptions(
  model: CatalogModel,
  request: VideoRequest,
): { readonly [option: string]: unknown } {
  const provider = providerOf(model.id);
  const given = provider.slugs.flatMap((slug) => {
    const options = request.provider?.options?.[slug];
    const unwrapped = provider.wrapsOptions ? options?.['parameters'] : options;
    return typeof unwrapped === 'object' && unwrapped !== null ? Object.entries(unwrapped) : [];
  });
  return Object.fromEntries(
    given.filter(([option]) => model.allowed_passthrough_parameters.includes(option)),
  );
}
