// Reads source files with the TypeScript compiler and says where they break the doors of the house or its rules.

import { posix } from 'node:path';
import ts from 'typescript';

/** Files by path relative to the repository, `src/core/job/job.ts` and the like. */
export type Sources = Readonly<Record<string, string>>;

interface Door {
  /** Rooms that may be entered. A room may always use itself. */
  readonly values: readonly string[];
  /** Rooms whose types may be used as well. */
  readonly types?: readonly string[];
  /** The only packages a room may use, the runtime's own included; absent = any that no other room keeps to itself. */
  readonly packages?: readonly string[];
}

const ROOMS = [
  'core',
  'upstream',
  'store',
  'service',
  'http',
  'config',
  'quality-file',
  'version',
  'app',
  'gateway',
];

const DOORS: Readonly<Record<string, Door>> = {
  core: { values: [], packages: ['zod', 'big.js'] },
  upstream: { values: ['core'] },
  store: { values: ['core'] },
  service: { values: ['core'], types: ['upstream', 'store'] },
  http: { values: ['core', 'service'] },
  config: { values: ['core'], packages: ['zod'] },
  'quality-file': { values: ['config', 'core'] },
  version: { values: [], packages: [] },
  app: { values: ['core', 'http'], types: ['service'] },
  gateway: { values: ROOMS },
  main: { values: ROOMS },
  simulator: { values: [] },
};

/** Packages that belong to certain rooms: who else used one would be doing that room's work. */
const KEPT: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(fastify|fastify-.*|@fastify\/.*)$/, ['http', 'app', 'simulator']],
  [/^undici$/, ['upstream']],
  [/^(kysely|pg|@photostructure\/sqlite|node:sqlite)$/, ['store']],
  [/^close-with-grace$/, ['main', 'simulator']],
];

/** The one place where what is imported is computed: which SQLite driver this Node has. */
const COMPUTED_IMPORT = 'src/store/sqlite/sqlite-driver.ts';

/** All that core may take from outside its own files: nothing here knows the time, the machine or chance. */
const PURE_GLOBALS = new Set(
  `Array ArrayBuffer BigInt Boolean Error Infinity Map Math NaN Number Object RangeError RegExp Set String Symbol
   TypeError URL Uint8Array WeakMap JSON decodeURIComponent encodeURIComponent isNaN parseFloat parseInt
   structuredClone undefined`.split(/\s+/),
);
const PROCESS_FILES = new Set(['src/main.ts', 'src/simulator/main.ts']);
const MAX_LINES = 300;

/** One line per violation, `path:line what is wrong`; empty where the house is in order. */
export function findViolations(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, text]) => {
    const { file, checker } = parse(path, text);
    const found: string[] = [];
    const report = (node: ts.Node, message: string): void => {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.push(`${path}:${line + 1} ${message}`);
    };
    checkFile(path, text, (message) => found.push(`${path}:1 ${message}`));
    visit(file, (node) => {
      checkImport(path, node, report);
      checkForm(node, report);
      if (ts.isIdentifier(node)) checkName(path, node, checker, report);
      if (roomOf(path) === 'core') checkTiming(node, report);
    });
    return found;
  });
}

/** The room a file stands in: its folder under src, or its own name where it stands at the root. */
function roomOf(path: string): string {
  const [, first = ''] = path.split('/');
  return first.replace(/\.ts$/, '');
}

type Report = (node: ts.Node, message: string) => void;

/** A program of one file without a library: what the checker cannot resolve is taken from outside. */
function parse(path: string, text: string): { file: ts.SourceFile; checker: ts.TypeChecker } {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const options: ts.CompilerOptions = { noLib: true, noResolve: true, types: [] };
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === path ? file : undefined),
    fileExists: (name) => name === path,
    readFile: () => undefined,
    getDefaultLibFileName: () => '',
    getCurrentDirectory: () => '',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => undefined,
  };
  const program = ts.createProgram([path], options, host);
  return { file, checker: program.getTypeChecker() };
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

function checkFile(path: string, text: string, report: (message: string) => void): void {
  if (!/^\/\/ \S/.test(text)) report('does not begin with a comment that says what it promises');
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) report(`has ${lines} lines, more than ${MAX_LINES}`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(posix.basename(path))) report('is not named in kebab-case');
}

function checkImport(path: string, node: ts.Node, report: Report): void {
  if (ts.isImportDeclaration(node)) {
    // `import { type X }` still runs the module it names; only `import type` does not.
    checkDoor(path, node, node.moduleSpecifier, node.importClause?.isTypeOnly ?? false, report);
  } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    if (!node.isTypeOnly) report(node, 'hands on what another file exports: import it where it is used');
    checkDoor(path, node, node.moduleSpecifier, node.isTypeOnly, report);
  } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    checkDoor(path, node, node.argument.literal, true, report);
  } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    checkDoor(path, node, node.moduleReference.expression, node.isTypeOnly, report);
  } else if (ts.isCallExpression(node) && isLoader(node.expression)) {
    checkDoor(path, node, node.arguments[0], false, report);
  }
}

const isLoader = (callee: ts.Expression): boolean =>
  callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');

function checkDoor(
  path: string,
  node: ts.Node,
  specifier: ts.Node | undefined,
  typesOnly: boolean,
  report: Report,
): void {
  if (!specifier || !ts.isStringLiteralLike(specifier)) {
    if (path !== COMPUTED_IMPORT) report(node, 'imports something that cannot be read off the source');
    return;
  }
  const room = roomOf(path);
  const door = DOORS[room];
  if (!door) {
    report(node, `${room} is not a room of this house`);
    return;
  }
  const target = specifier.text;
  if (!target.startsWith('.')) {
    const name = packageOf(target);
    const keepers = KEPT.find(([pattern]) => pattern.test(name))?.[1];
    const allowed = door.packages ? door.packages.includes(name) : (keepers?.includes(room) ?? true);
    if (!allowed) report(node, `${room} may not use ${name}`);
    return;
  }
  if (!target.endsWith('.ts')) report(node, `${target} does not end in .ts`);
  const entered = roomOf(posix.join(posix.dirname(path), target));
  if (entered === room || door.values.includes(entered)) return;
  const seesTypes = door.types?.includes(entered) ?? false;
  if (typesOnly && seesTypes) return;
  report(node, `${room} may ${seesTypes ? 'only see the types of' : 'not enter'} ${entered}`);
}

const packageOf = (specifier: string) =>
  specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? '');

function checkForm(node: ts.Node, report: Report): void {
  if (ts.isExportAssignment(node)) report(node, 'exports a default');
  if (ts.canHaveModifiers(node)) {
    const modifiers = ts.getModifiers(node) ?? [];
    if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))
      report(node, 'exports a default');
  }
  if (ts.isExportSpecifier(node) && node.name.text === 'default') report(node, 'exports a default');
  if (ts.isEnumDeclaration(node)) report(node, 'declares an enum');
  if (ts.isNonNullExpression(node)) report(node, 'silences null with `!`');
  if (node.kind === ts.SyntaxKind.AnyKeyword) report(node, 'uses `any`');
  if (ts.isClassLike(node)) {
    const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
    if (!base?.types[0]?.expression.getText().endsWith('Error')) report(node, 'is a class but not an error');
  }
}

function checkName(path: string, name: ts.Identifier, checker: ts.TypeChecker, report: Report): void {
  const core = roomOf(path) === 'core';
  if (core && name.text === 'Math' && isRandom(name)) report(name, 'core may not use Math.random');
  if (!core && name.text !== 'process') return;
  if (core && PURE_GLOBALS.has(name.text)) return;
  if (!isValueReference(name)) return;
  const symbol = ts.isShorthandPropertyAssignment(name.parent)
    ? checker.getShorthandAssignmentValueSymbol(name.parent)
    : checker.getSymbolAtLocation(name);
  // Declared in this file or imported, which has a door of its own.
  if (symbol?.declarations?.length) return;
  if (core) report(name, `core may not use ${name.text}`);
  else if (!PROCESS_FILES.has(path)) report(name, 'only main touches process');
}

/** Everything but `Math.abs` and its like: `Math['random']`, `const { random } = Math`, `pick(Math)`. */
function isRandom(math: ts.Identifier): boolean {
  const { parent } = math;
  if (!isValueReference(math)) return false;
  return (
    !ts.isPropertyAccessExpression(parent) || parent.expression !== math || parent.name.text === 'random'
  );
}

/** True where a name stands for a value, not for a property, a type, a label or its own declaration. */
function isValueReference(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPartOfTypeNode(name) || ts.isQualifiedName(parent)) return false;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === name;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isBindingElement(parent)) return parent.initializer === name;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isImportClause(parent)) return false;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return !('name' in parent && parent.name === name);
}

/** Core decides at once: whoever awaits has asked somebody. */
function checkTiming(node: ts.Node, report: Report): void {
  if (ts.isAwaitExpression(node)) report(node, 'core may not await');
  if (ts.isMetaProperty(node)) report(node, 'core may not use import.meta');
}
