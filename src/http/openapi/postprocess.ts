// Postprocesses the generated document for generators: one schema per name, open answers, portable schemas, examples.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

// Values under these are data, not schemas.
const DATA = new Set(['examples', 'example', 'default', 'enum', 'const']);
const SCHEMA_MAPS = new Set(['properties', 'patternProperties']);
const SCHEMA_REF = '#/components/schemas/';
const INPUT = 'Input';

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The zod type provider emits every schema twice, as `X` and `XInput`, closes what we answer with
 * `additionalProperties: false` and bounds every integer. Clients generated from that break on the first field
 * we add. Importers look for examples beside a schema, not in it: the first of a schema's stands there too.
 * Pure: a new document is returned.
 */
export function postprocessOpenApi<T extends object>(document: T): T {
  const doc = structuredClone(document) as unknown as JsonObject;
  const schemas = objectAt(objectAt(doc, 'components'), 'schemas');
  for (const [name, schema] of Object.entries(schemas)) {
    schemas[name] = tidySchema(schema, `${name}${INPUT}` in schemas);
  }
  for (const operation of operationsOf(doc)) {
    for (const [part, isAnswer] of [
      ['responses', true],
      ['parameters', false],
      ['requestBody', false],
    ] as const) {
      if (operation[part] !== undefined) operation[part] = tidySchema(operation[part], isAnswer);
    }
  }
  for (const schema of Object.values(schemas)) addDiscriminator(schema, schemas);
  // Dropped before as well: an answer's schema that no route uses must not keep its name from the input's.
  const merged = sortSchemas(dropUnused(mergeInputs(dropUnused(doc))));
  for (const operation of operationsOf(merged)) {
    addExamples(operation, merged);
    addFileTypes(operation, merged);
  }
  return merged as T;
}

const operationsOf = (doc: JsonObject): JsonObject[] =>
  Object.values(objectAt(doc, 'paths')).flatMap((path) =>
    Object.values(isObject(path) ? path : {}).filter(isObject),
  );

/** The `example` of every parameter, of the body and of the good answers whose schema has one. */
function addExamples(operation: JsonObject, doc: JsonObject): void {
  const { parameters, requestBody, responses } = operation;
  for (const parameter of Array.isArray(parameters) ? parameters : []) addExample(parameter, doc);
  const good = Object.entries(isObject(responses) ? responses : {}).filter(([status]) => status < '3');
  for (const holder of [requestBody, ...good.map(([, answer]) => answer)]) {
    const content = isObject(holder) ? holder['content'] : undefined;
    for (const media of Object.values(isObject(content) ? content : {})) addExample(media, doc);
  }
}

function addExample(holder: Json, doc: JsonObject): void {
  if (!isObject(holder)) return;
  const { examples } = schemaIn(holder, doc);
  const [first] = Array.isArray(examples) ? examples : [];
  if (first !== undefined) holder['example'] = first;
}

/** A schema names the one type of a string's content; of a file in a form several may be taken, which `encoding` lists. */
function addFileTypes({ requestBody }: JsonObject, doc: JsonObject): void {
  const content = isObject(requestBody) ? requestBody['content'] : undefined;
  const form = isObject(content) ? content['multipart/form-data'] : undefined;
  if (!isObject(form)) return;
  const { properties } = schemaIn(form, doc);
  for (const [field, property] of Object.entries(isObject(properties) ? properties : {})) {
    if (!isObject(property) || property['contentMediaType'] === undefined) continue;
    objectAt(form, 'encoding')[field] = { contentType: property['contentMediaType'] };
    delete property['contentMediaType'];
  }
}

/** The schema of a parameter or of a body, wherever it stands. */
function schemaIn({ schema }: JsonObject, doc: JsonObject): JsonObject {
  const $ref = isObject(schema) ? schema['$ref'] : undefined;
  const known =
    typeof $ref === 'string'
      ? objectAt(objectAt(doc, 'components'), 'schemas')[$ref.slice(SCHEMA_REF.length)]
      : schema;
  return isObject(known) ? known : {};
}

/** By name: the order in which modules happen to be loaded changes nothing. */
function sortSchemas(doc: JsonObject): JsonObject {
  const components = objectAt(doc, 'components');
  const schemas = Object.entries(objectAt(components, 'schemas'));
  components['schemas'] = Object.fromEntries(schemas.sort(([a], [b]) => (a < b ? -1 : 1)));
  return doc;
}

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  if (isObject(value)) return value;
  const empty: JsonObject = {};
  parent[key] = empty;
  return empty;
}

/**
 * What zod says too much of in a schema.
 * @param isAnswer answers stay open: a field added later must not break a client that validates.
 */
export function tidySchema(value: Json, isAnswer: boolean): Json {
  if (Array.isArray(value)) return value.map((item) => tidySchema(item, isAnswer));
  if (!isObject(value)) return value;
  const tidy: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    if (DATA.has(key)) tidy[key] = inner;
    else if (SCHEMA_MAPS.has(key) && isObject(inner)) {
      tidy[key] = Object.fromEntries(
        Object.entries(inner).map(([name, schema]) => [name, tidySchema(schema, isAnswer)]),
      );
    } else tidy[key] = tidySchema(inner, isAnswer);
  }
  if (isAnswer && tidy['additionalProperties'] === false) delete tidy['additionalProperties'];
  // What an open object says of its other members is true of every answer; generators make an index signature of it,
  // which takes the types of the members that have some.
  if (isOpenObject(tidy)) delete tidy['additionalProperties'];
  // JavaScript escapes what needs no escape; Go refuses to compile it.
  if (typeof tidy['pattern'] === 'string') tidy['pattern'] = tidy['pattern'].replaceAll('\\/', '/');
  // zod says `readOnly` of arrays that are readonly in TypeScript; OpenAPI means something else by it.
  delete tidy['readOnly'];
  if (tidy['format'] && tidy['pattern']) delete tidy['pattern'];
  if (tidy['type'] === 'integer') {
    if (tidy['minimum'] === Number.MIN_SAFE_INTEGER) delete tidy['minimum'];
    if (tidy['maximum'] === Number.MAX_SAFE_INTEGER) delete tidy['maximum'];
  }
  const names = tidy['propertyNames'];
  if (isObject(names) && names['type'] === 'string' && Object.keys(names).length === 1)
    delete tidy['propertyNames'];
  return withNullApart(tidy);
}

const isOpenObject = ({ properties, additionalProperties }: JsonObject): boolean =>
  isObject(properties) && isObject(additionalProperties) && Object.keys(additionalProperties).length === 0;

const ANNOTATIONS = new Set(['description', 'title', 'examples', 'example', 'default', 'deprecated']);

/** `type: [X, null]` -> `anyOf: [X, null]`: the one way to write nullable that references and enums have too. */
function withNullApart(schema: JsonObject): JsonObject {
  const { type } = schema;
  if (!Array.isArray(type) || !type.includes('null')) return schema;
  const types = type.filter((one) => one !== 'null');
  const parts = Object.entries(schema).filter(([key]) => key !== 'type');
  const value = {
    type: types.length === 1 ? (types[0] ?? null) : types,
    ...Object.fromEntries(parts.filter(([key]) => !ANNOTATIONS.has(key))),
  };
  return {
    anyOf: [value, { type: 'null' }],
    ...Object.fromEntries(parts.filter(([key]) => ANNOTATIONS.has(key))),
  };
}

/** A `oneOf` whose alternatives differ by a constant gets the discriminator generators need. */
function addDiscriminator(schema: Json, schemas: JsonObject): void {
  if (!isObject(schema) || !Array.isArray(schema['oneOf'])) return;
  const refs = schema['oneOf'].map((one) =>
    isObject(one) && typeof one['$ref'] === 'string' ? one['$ref'] : null,
  );
  const constOf = (ref: string | null, key: string): Json | undefined => {
    const target = ref === null ? undefined : schemas[ref.slice(SCHEMA_REF.length)];
    const property =
      isObject(target) && isObject(target['properties']) ? target['properties'][key] : undefined;
    return isObject(property) ? property['const'] : undefined;
  };
  const first =
    refs[0] === null || refs[0] === undefined ? undefined : schemas[refs[0].slice(SCHEMA_REF.length)];
  const keys = isObject(first) && isObject(first['properties']) ? Object.keys(first['properties']) : [];
  const key = keys.find((candidate) => refs.every((ref) => typeof constOf(ref, candidate) === 'string'));
  if (key === undefined) return;
  const mapping = Object.fromEntries(refs.map((ref) => [String(constOf(ref, key)), ref]));
  schema['discriminator'] = { propertyName: key, mapping };
}

/** Folds `XInput` into `X` where the two say the same, as often as that makes more of them the same. */
function mergeInputs(doc: JsonObject): JsonObject {
  let current = doc;
  for (;;) {
    const schemas = objectAt(objectAt(current, 'components'), 'schemas');
    const twin = Object.keys(schemas).find((name) => {
      const base = name.slice(0, -INPUT.length);
      return (
        name.endsWith(INPUT) &&
        base in schemas &&
        asBase(schemas[name]) === asBase(schemas[base]) &&
        !reachesDifference(base, schemas)
      );
    });
    // An input without an answer of the same name takes the plain name.
    const lonely = Object.keys(schemas).find(
      (name) => name.endsWith(INPUT) && !(name.slice(0, -INPUT.length) in schemas),
    );
    const merged = twin ?? lonely;
    if (merged === undefined) return current;
    const base = merged.slice(0, -INPUT.length);
    if (lonely === merged && schemas[merged] !== undefined) schemas[base] = schemas[merged];
    delete schemas[merged];
    current = JSON.parse(
      JSON.stringify(current).replaceAll(`"${SCHEMA_REF}${merged}"`, `"${SCHEMA_REF}${base}"`),
    ) as JsonObject;
  }
}

const INPUT_REF = new RegExp(`"${SCHEMA_REF}(\\w+?)${INPUT}"`, 'g');
const asBase = (schema: Json | undefined) => JSON.stringify(schema).replace(INPUT_REF, `"${SCHEMA_REF}$1"`);

/** True where something `name` refers to differs between input and answer. */
function reachesDifference(name: string, schemas: JsonObject, seen = new Set<string>()): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  const twin = schemas[`${name}${INPUT}`];
  if (twin !== undefined && asBase(twin) !== asBase(schemas[name])) return true;
  return referred(schemas[name]).some((other) => reachesDifference(other, schemas, seen));
}

const referred = (value: Json | undefined) =>
  [...JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    (match) => match[1] ?? '',
  );

function dropUnused(doc: JsonObject): JsonObject {
  const schemas = objectAt(objectAt(doc, 'components'), 'schemas');
  for (;;) {
    const used = new Set(referred(doc));
    const dead = Object.keys(schemas).filter((name) => !used.has(name));
    if (dead.length === 0) return doc;
    for (const name of dead) delete schemas[name];
  }
}
