// OpenRouter's model lists, read field by field: what cannot be read is unknown, and loses neither its model nor the rest.

import { z } from 'zod';
import type { CatalogField, VideoModel } from '../../core/catalog/catalog.ts';
import { MODEL_ID } from '../../core/catalog/model-id.ts';
import { parsePriceList } from '../../core/pricing/sku-grammar.ts';

/** Both of upstream's model lists: what is kept across restarts. */
export interface RawCatalog {
  readonly models: unknown;
  /** Null = not had. */
  readonly modalities: unknown;
  /** Fields, by model id, whose newest form could not be read: the lists hold their last good form. */
  readonly restored?: Readonly<Record<string, readonly CatalogField[]>>;
}

export interface ModelsAnswer {
  readonly models: readonly VideoModel[];
  /** Entries without an id that can be asked for, and second entries of one id. */
  readonly dropped: number;
}

/** A field as far as it could be read. `whole` false: something in it could not, so the value is not all there is. */
interface Reading<T> {
  readonly value: T;
  readonly whole: boolean;
}

type Entry = Readonly<Record<string, unknown>>;

const ListWire = z.object({ data: z.array(z.unknown()) });

/** Reads the list of an answer; null where it is none. */
const entriesOf = (body: unknown): readonly unknown[] | null => {
  const list = ListWire.safeParse(body);
  return list.success ? list.data.data : null;
};

const isObject = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The id under which an entry can be asked for; null where it has none. */
function idOf(entry: unknown): string | null {
  const id = isObject(entry) ? entry['id'] : null;
  return typeof id === 'string' && MODEL_ID.test(id) ? id : null;
}

/**
 * Reads a list item by item. A single value is a list of one, and a null among items says nothing.
 * @param readItem the values an item stands for; null where it cannot be read.
 */
function readList<T>(
  value: unknown,
  readItem: (item: unknown) => readonly T[] | null,
): Reading<readonly T[] | null> {
  if (value === null || value === undefined) return { value: null, whole: true };
  const readings = (Array.isArray(value) ? value : [value])
    .filter((item) => item !== null && item !== undefined)
    .map(readItem);
  const items = [...new Set(readings.flatMap((items) => items ?? []))];
  const whole = readings.every((items) => items !== null);
  return { value: whole || items.length > 0 ? items : null, whole };
}

/** A number, or a string that is one; infinities included, for JSON knows 1e999. */
function readNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value.trim()) ? Number(value) : null;
}

const MAX_SECONDS = 3600;

// As long as a clip spec may ask for, and whole as it must be. A number beyond that is left out, not the model: it would
// be a length that no request can ask for, and a price that cannot be computed.
const isLength = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_SECONDS;

/** A number of seconds, or `{min, max[, step]}`. */
function readDuration(item: unknown): readonly number[] | null {
  if (isObject(item)) return readDurationRange(item);
  const seconds = readNumber(typeof item === 'string' ? item.replace(/s$/, '') : item);
  if (seconds === null) return null;
  return isLength(seconds) ? [seconds] : [];
}

function readDurationRange({ min, max, step }: Entry): readonly number[] | null {
  const from = readNumber(min);
  const to = readNumber(max);
  const by = step === null || step === undefined ? 1 : readNumber(step);
  if (from === null || to === null || by === null || !(by > 0) || from > to) return null;
  const seconds = Array.from({ length: MAX_SECONDS }, (_, index) => index + 1);
  return seconds.filter((length) => {
    const steps = (length - from) / by;
    return length >= from && length <= to && Math.abs(steps - Math.round(steps)) < 1e-6;
  });
}

const readText = (item: unknown): readonly string[] | null =>
  typeof item === 'string' && item.length > 0 ? [item] : null;

function readRating(item: unknown): readonly number[] | null {
  const number = readNumber(item);
  return number === null || !Number.isFinite(number) ? null : [number];
}

function readFlag(value: unknown): Reading<boolean | null> {
  if (value === null || value === undefined) return { value: null, whole: true };
  if (value === true || value === 'true') return { value: true, whole: true };
  if (value === false || value === 'false') return { value: false, whole: true };
  return { value: null, whole: false };
}

function readFactor(value: unknown): Reading<VideoModel['upscaleFactor']> {
  if (value === null || value === undefined) return { value: null, whole: true };
  // Whatever stands there makes it an upscaler, of which a price by pixels says nothing.
  if (!isObject(value)) return { value: { min: null, max: null }, whole: false };
  const bound = (side: unknown) => {
    const number = side === null || side === undefined ? null : readNumber(side);
    return { number, whole: number !== null || side === null || side === undefined };
  };
  const min = bound(value['min']);
  const max = bound(value['max']);
  return { value: { min: min.number, max: max.number }, whole: min.whole && max.whole };
}

/** Every key with its price as text. A value that is no price keeps its key: the clip may cost something by it. */
function readSkus(value: unknown): Reading<Readonly<Record<string, string>> | null> {
  if (value === null || value === undefined) return { value: null, whole: true };
  if (!isObject(value)) return { value: null, whole: false };
  // Numbers are not documented, but a price that changed its JSON type is still a price.
  const skus = Object.entries(value).map(([sku, price]) => [
    sku,
    typeof price === 'string' || typeof price === 'number' ? String(price) : 'no price',
  ]);
  return { value: Object.fromEntries(skus), whole: true };
}

/** Upstream's name of each field, and how it is read. The rest of an entry is only shown, and lost alone. */
const READERS = {
  durations: ['supported_durations', (value: unknown) => readList(value, readDuration)],
  resolutions: ['supported_resolutions', (value: unknown) => readList(value, readText)],
  aspectRatios: ['supported_aspect_ratios', (value: unknown) => readList(value, readText)],
  sizes: ['supported_sizes', (value: unknown) => readList(value, readText)],
  frameImages: ['supported_frame_images', (value: unknown) => readList(value, readText)],
  generateAudio: ['generate_audio', readFlag],
  seed: ['seed', readFlag],
  passthroughParameters: ['allowed_passthrough_parameters', (value: unknown) => readList(value, readText)],
  upscaleFactor: ['upscale_factor', readFactor],
  creativity: ['creativity', (value: unknown) => readList(value, readRating)],
  priceList: ['pricing_skus', readSkus],
} as const satisfies Partial<Record<CatalogField, readonly [string, (value: unknown) => Reading<unknown>]>>;

type OwnField = keyof typeof READERS;
const OWN_FIELDS = Object.keys(READERS) as OwnField[];

// Upstream says null for none, and always says it: one of these that is not there at all goes by another name now.
const ALWAYS_SAID: ReadonlySet<OwnField> = new Set([
  'durations',
  'resolutions',
  'aspectRatios',
  'frameImages',
  'passthroughParameters',
  'priceList',
]);

/** Whether an entry says something of a field that cannot be read in full, or nothing where it must. */
function isUnreadable(entry: Entry, field: OwnField): boolean {
  const [name, read] = READERS[field];
  return entry[name] === undefined ? ALWAYS_SAID.has(field) : !read(entry[name]).whole;
}

/** Reads both lists into models; null where the first is not a list at all. */
export function parseCatalog(raw: RawCatalog): ModelsAnswer | null {
  return parseModels(raw.models, parseModalities(raw.modalities) ?? new Map(), raw.restored);
}

/**
 * Reads `GET /videos/models`. An entry without an id is dropped and counted; of any other what can be read is read.
 * @param modalities input modalities per model id, from `parseModalities`; a model it lacks gets null.
 * @returns null where the whole answer is not a model list.
 */
export function parseModels(
  body: unknown,
  modalities: ReadonlyMap<string, readonly string[] | null>,
  restored: RawCatalog['restored'] = {},
): ModelsAnswer | null {
  const entries = entriesOf(body);
  if (!entries) return null;
  const models = entries.flatMap((entry) => {
    const id = idOf(entry);
    return id !== null && isObject(entry) ? [toVideoModel(id, entry, modalities, restored[id] ?? [])] : [];
  });
  return { models, dropped: entries.length - models.length };
}

function toVideoModel(
  id: string,
  entry: Entry,
  modalities: ReadonlyMap<string, readonly string[] | null>,
  restored: readonly CatalogField[],
): VideoModel {
  const { canonical_slug: slug, name, created } = entry;
  const readAs = <F extends OwnField>(field: F) =>
    READERS[field][1](entry[READERS[field][0]]) as ReturnType<(typeof READERS)[F][1]>;
  const unknown: CatalogField[] = OWN_FIELDS.filter((field) => isUnreadable(entry, field));
  const durations = readAs('durations').value;
  return {
    id,
    canonicalSlug: typeof slug === 'string' && MODEL_ID.test(slug) ? slug : id,
    name: typeof name === 'string' ? name : id,
    created: typeof created === 'number' && Number.isSafeInteger(created) ? created : 0,
    durations: durations && [...durations].sort((a, b) => a - b),
    resolutions: readAs('resolutions').value,
    aspectRatios: readAs('aspectRatios').value,
    sizes: readAs('sizes').value,
    frameImages: readAs('frameImages').value ?? [],
    inputModalities: modalities.get(id) ?? null,
    generateAudio: readAs('generateAudio').value,
    seed: readAs('seed').value,
    passthroughParameters: readAs('passthroughParameters').value ?? [],
    upscaleFactor: readAs('upscaleFactor').value,
    creativity: readAs('creativity').value,
    priceList: parsePriceList(readAs('priceList').value),
    unreadable: [...new Set([...restored, ...unknown])].sort(),
    unknown,
  };
}

const ARCHITECTURE = z.object({ architecture: z.object({ input_modalities: z.unknown() }) });

/** The input modalities an entry of the second list names; null where they cannot be read in full. */
function modalitiesOf(entry: unknown): readonly string[] | null {
  const parsed = ARCHITECTURE.safeParse(entry);
  if (!parsed.success) return null;
  const { value, whole } = readList(parsed.data.architecture.input_modalities, readText);
  return whole ? value : null;
}

/**
 * Reads `GET /models?output_modalities=video`: input modalities per model id, null where they cannot be read. Null where
 * it is not a list.
 */
export function parseModalities(body: unknown): ReadonlyMap<string, readonly string[] | null> | null {
  const entries = entriesOf(body);
  if (!entries) return null;
  const byId = new Map<string, readonly string[] | null>();
  for (const entry of entries) {
    const id = idOf(entry);
    if (id !== null) byId.set(id, modalitiesOf(entry));
  }
  return byId;
}

/**
 * An answer with everything that cannot be read in it as it last could be, and named in `restored`. A model is gone only
 * where its entry is: while more entries than before have no id, any of them may be a model that seems to be missing.
 * @param before the catalog there is; null where there is none.
 */
export function restoreUnreadable(answer: RawCatalog, before: RawCatalog | null): RawCatalog {
  const entries = entriesOf(answer.models);
  if (!before || !entries) return answer;
  const earlier = indexEntries(entriesOf(before.models) ?? []);
  const now = indexEntries(entries);
  const restored: Record<string, readonly CatalogField[]> = {};

  const restoredEntries = entries.map((entry) => {
    const id = idOf(entry);
    const last = id === null ? undefined : earlier.byId.get(id);
    if (id === null || !last || !isObject(entry)) return entry;
    const fields = OWN_FIELDS.filter((field) => isWorseThan(last, entry, field));
    if (fields.length === 0) return entry;
    restored[id] = fields;
    return {
      ...entry,
      ...Object.fromEntries(fields.map((field) => [READERS[field][0], last[READERS[field][0]]])),
    };
  });

  // Those that stood for a nameless entry already account for one each; other nameless entries never were a model.
  const standIns = Object.values(before.restored ?? {}).filter((fields) => fields.includes('id')).length;
  const isLacking = now.nameless > Math.max(0, earlier.nameless - standIns);
  const missing = isLacking ? [...earlier.byId].filter(([id]) => !now.byId.has(id)) : [];
  for (const [id] of missing) restored[id] = ['id', ...OWN_FIELDS];

  const { modalities, ids } = restoreModalities(answer.modalities, before.modalities);
  for (const id of ids) restored[id] = [...(restored[id] ?? []), 'inputModalities'];
  return {
    models: { data: [...restoredEntries, ...missing.map(([, entry]) => entry)] },
    modalities,
    ...(Object.keys(restored).length > 0 ? { restored } : {}),
  };
}

/** Whether a field was better known before: one that was there and is gone is lost as well. */
function isWorseThan(last: Entry, entry: Entry, field: OwnField): boolean {
  const [name] = READERS[field];
  if (isUnreadable(last, field) || last[name] === undefined) return false;
  return isUnreadable(entry, field) || (entry[name] === undefined && last[name] !== null);
}

function indexEntries(entries: readonly unknown[]) {
  const byId = new Map<string, Entry>();
  let nameless = 0;
  for (const entry of entries) {
    const id = idOf(entry);
    if (id === null) nameless++;
    else if (!byId.has(id) && isObject(entry)) byId.set(id, entry);
  }
  return { byId, nameless };
}

/** The second list, with the last good entry of every model whose entry can no longer be read. */
function restoreModalities(body: unknown, last: unknown): { modalities: unknown; ids: readonly string[] } {
  const entries = entriesOf(body);
  // Without its second list an answer is read with the one before: models keep what they were known to take.
  if (!entries) return { modalities: last, ids: [] };
  const good = new Map(
    (entriesOf(last) ?? []).flatMap((entry) => {
      const id = idOf(entry);
      return id !== null && modalitiesOf(entry) ? [[id, entry] as const] : [];
    }),
  );
  const ids: string[] = [];
  const data = entries.map((entry) => {
    const id = idOf(entry);
    const standIn = id !== null && !modalitiesOf(entry) ? good.get(id) : undefined;
    if (id === null || !standIn) return entry;
    ids.push(id);
    return standIn;
  });
  return { modalities: { data }, ids };
}
