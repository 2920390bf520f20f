// The layers of src: which may import which, which packages each keeps to itself, and what core must not touch.
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** Per layer: the layers it may import, those whose types it may import, and the only packages it may use. */
const LAYERS = {
  core: { imports: [], packages: ['zod', 'big.js'] },
  outbound: { imports: ['core', 'version'] },
  store: { imports: ['core'] },
  service: { imports: ['core', 'version'], types: ['outbound', 'store'] },
  http: { imports: ['core', 'service', 'version'] },
  metrics: { imports: ['core', 'version'], types: ['service'] },
  config: { imports: ['core'], packages: ['zod', 'node:*'] },
  version: { imports: [], packages: [] },
  gateway: {
    imports: ['core', 'outbound', 'store', 'service', 'http', 'metrics', 'config', 'version'],
  },
  main: {
    imports: ['core', 'outbound', 'store', 'service', 'http', 'metrics', 'config', 'version', 'gateway'],
  },
  simulator: { imports: [] },
};

/** Packages that only some layers may use. */
const KEPT = [
  [
    ['fastify', '@fastify/*', 'fastify-type-provider-zod'],
    ['http', 'simulator'],
  ],
  [['@modelcontextprotocol/*'], ['http']],
  [['undici'], ['outbound']],
  [['kysely', 'pg', '@photostructure/sqlite', 'node:sqlite'], ['store']],
  [['prom-client'], ['metrics']],
  [['close-with-grace'], ['main', 'simulator']],
];

const names = Object.keys(LAYERS);
const FILES = new Set(['main', 'version']);
const layer = (categories) => ({ file: { categories } });
const packages = (source) => ({ to: { module: { origin: ['external', 'core'], source } } });

const policies = [
  { allow: packages('*') },
  { allow: packages('*/**') },
  ...names.flatMap((name) => {
    const { imports, types = [], packages: only } = LAYERS[name];
    return [
      { from: layer(name), allow: { to: layer([name, ...imports]) } },
      ...(types.length
        ? [{ from: layer(name), allow: { to: layer(types), dependency: { kind: 'type' } } }]
        : []),
      ...(only ? [{ from: layer(name), disallow: packages(['*', '*/**']) }] : []),
      ...(only?.length ? [{ from: layer(name), allow: packages(only) }] : []),
    ];
  }),
  ...KEPT.map(([kept, by]) => ({
    from: layer(names.filter((name) => !by.includes(name))),
    disallow: packages(kept),
  })),
];

const EVERYWHERE = [
  {
    selector: ':matches(ClassDeclaration, ClassExpression):not([superClass.name=/Error$/])',
    message: 'Only errors are classes: write a function that takes its parts.',
  },
  {
    selector: ':matches(ExportNamedDeclaration[source], ExportAllDeclaration)',
    message: 'Import it where it is used instead of exporting it again.',
  },
];

const COMPUTED_IMPORT = {
  selector: 'ImportExpression:not([source.type="Literal"])',
  message: 'The layers cannot be checked where the path of an import is computed.',
};

const PROCESS = { name: 'process', message: 'Only main touches the process: take it as an argument.' };
const PROCESS_IMPORTS = ['node:process', 'process'].map((name) => ({
  name,
  allowImportNames: ['versions'],
  message: PROCESS.message,
}));

/** All that core may take from outside its own files: it knows no clock, no randomness and no machine. */
const PURE = new Set(
  `Array ArrayBuffer BigInt Boolean Error Infinity Map Math NaN Number Object RangeError RegExp Set String Symbol
   TypeError URL Uint8Array WeakMap JSON decodeURIComponent encodeURIComponent isNaN parseFloat parseInt
   structuredClone undefined Date Intl`.split(/\s+/),
);
const IMPURE = [
  ...Object.getOwnPropertyNames(globalThis).filter((name) => !PURE.has(name)),
  ...['require', 'module', 'exports', '__dirname', '__filename'],
].map((name) => ({ name, message: 'core is pure: take it as an argument.' }));

const CORE = [
  {
    selector: ':matches(AwaitExpression, ForOfStatement[await=true])',
    message: 'core is pure: it decides at once.',
  },
  { selector: 'MetaProperty[meta.name="import"]', message: 'core is pure: it knows no file system.' },
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'core is pure: take a random number as an argument.',
  },
  {
    selector: [
      'MemberExpression[object.name="Date"][property.name="now"]',
      'NewExpression[callee.name="Date"][arguments.length=0]',
      'CallExpression[callee.name="Date"]',
      // Without an argument `Intl` formats the present moment.
      'CallExpression[callee.property.name=/^format(ToParts)?$/][arguments.length=0]',
    ].join(', '),
    message: 'core is pure: take the time as an argument.',
  },
  {
    // `pick(Math)`, `const { now } = Date` and `Math["random"]` would hide what the rules above look for.
    selector: [
      ':not(MemberExpression, NewExpression, CallExpression) > Identifier[name=/^(Math|Date)$/]',
      ':matches(NewExpression, CallExpression) > Identifier.arguments[name=/^(Math|Date)$/]',
      'MemberExpression[computed=true] > Identifier.object[name=/^(Math|Date)$/]',
    ].join(', '),
    message: 'core is pure: write Math.abs, Date.UTC and the like in full.',
  },
];

export default [
  {
    files: ['src/**/*.ts'],
    plugins: { boundaries },
    languageOptions: { parser: tseslint.parser },
    settings: {
      'import/resolver': { node: { extensions: ['.ts'] } },
      'boundaries/files': names.map((category) => ({
        category,
        pattern: FILES.has(category) ? `src/${category}.ts` : `src/${category}/**/*.ts`,
      })),
      'boundaries/dependency-nodes': ['import', 'export', 'dynamic-import', 'require'],
      'boundaries/additional-dependency-nodes': [
        { selector: 'TSImportType Literal', kind: 'type', name: 'import-type' },
        { selector: 'TSExternalModuleReference > Literal', kind: 'value', name: 'import-equals' },
      ],
    },
    rules: {
      'boundaries/dependencies': ['error', { default: 'disallow', policies, checkAllOrigins: true }],
      'boundaries/no-unknown-files': 'error',
      'boundaries/no-unknown-dependencies': 'error',
      'no-restricted-syntax': ['error', ...EVERYWHERE, COMPUTED_IMPORT],
      'no-restricted-globals': ['error', PROCESS],
      'no-restricted-imports': ['error', { paths: PROCESS_IMPORTS }],
    },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...EVERYWHERE, COMPUTED_IMPORT, ...CORE],
      'no-restricted-globals': ['error', ...IMPURE],
    },
  },
  {
    files: ['src/main.ts', 'src/simulator/main.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-imports': 'off' },
  },
  // Which SQLite driver this Node has is known only when it runs.
  {
    files: ['src/store/sqlite/sqlite-driver.ts'],
    rules: { 'no-restricted-syntax': ['error', ...EVERYWHERE] },
  },
];
