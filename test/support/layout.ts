import { posix as path } from 'node:path'
import ts from 'typescript'
import { ENTRIES, type Floor, GROUND, HOUSE, TESTING } from './house.js'

/**
 * The rules of the house as functions of source texts: each takes a tree and returns the violations, one per line, so
 * that a test can show every rule failing on a made-up tree. `test/layout.test.ts` applies them to the project;
 * `docs/architecture.md` gives the reasons.
 */

/** Paths from the project's root, with `/`, and the files' contents. */
export type Tree = ReadonlyMap<string, string>

/** File functions that only read. Functions not listed could write. */
const FILE_READS = [
  'access',
  'accessSync',
  'constants',
  'createReadStream',
  'existsSync',
  'fstat',
  'readFile',
  'readv',
]
FILE_READS.push(
  'Dir',
  'opendirSync',
  'readdir',
  'readFileSync',
  'lstat',
  'realpath',
  'stat',
  'statSync',
  'Stats',
  'BigIntStats',
  'FileHandle',
)

/** Modules below the file sink, for its use only. */
const ATOMIC_FILE = 'lib/io/file/atomic-file.ts'

/**
 * The files that write to a disk, for users who ask for a file by name: the modules below the file sink, and the
 * directory storage, which creates folders and removes files.
 */
const WRITES_FILES = [ATOMIC_FILE, 'lib/hls/storage/directory-storage.ts']

/**
 * The floor of a file below `lib/`: its first folder, or for top-level files {@link ENTRIES} or {@link GROUND}, which
 * also has the parts of `lib/errors.ts` and `lib/options.ts`.
 */
function floorOf(file: string): string {
  const [, folder = '', rest] = file.split('/')
  if (folder === 'errors' || (folder === 'options' && rest !== undefined)) return GROUND
  if (rest !== undefined) return folder
  return folder === 'errors.ts' || folder === 'options.ts' ? GROUND : ENTRIES
}

/** The room of a file: its folder below the floor's. */
function roomOf(file: string): string {
  return file.split('/').slice(2, -1).join('/')
}

function floorNamed(name: string): Floor | undefined {
  return HOUSE.find(floor => floor.name === name)
}

function levelOf(floor: string): number {
  if (floor === GROUND) return 0
  return floor === ENTRIES ? Infinity : (floorNamed(floor)?.level ?? NaN)
}

function levelOfRoom(file: string): number {
  return floorNamed(floorOf(file))?.rooms.find(({ name }) => name === roomOf(file))?.level ?? NaN
}

/** Files of the library, without declarations of other packages' types. */
function library(tree: Tree): [file: string, text: string][] {
  return [...tree].filter(([file]) => /^lib\/.*(?<!\.d)\.ts$/.test(file))
}

/**
 * The imports of a file, in any form: `import`, `export from`, `import type`, `import()`, types by `import('…')`. A
 * name in place of a literal is resolved to its constant; without one, the name itself is returned, which no list
 * allows.
 */
function importsOf(text: string): string[] {
  const byName = [...text.matchAll(/\bimport\(\s*([\w.]+)\s*\)/g)].map(([, name = '']) => {
    return new RegExp(`const ${name}\\b[^=]*= '([^']+)'`).exec(text)?.[1] ?? name
  })
  return [...ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName), ...byName]
}

/** The file that a relative import names, or undefined for a package. */
function target(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return path.join(path.dirname(file), specifier).replace(/\.js$/, '.ts')
}

/** Imports upward, across, or of a package that the floor may not use; files in no room of the plan. */
export function floorBreaches(tree: Tree): string[] {
  const breaches: string[] = []
  for (const [file, text] of library(tree)) {
    const floor = floorOf(file)
    if (floor !== GROUND && floor !== ENTRIES && Number.isNaN(levelOfRoom(file))) {
      breaches.push(`${file} is in no room of the plan`)
    }
    for (const specifier of importsOf(text)) {
      const to = target(file, specifier)
      const allowed = to === undefined ? packageIsAllowed(floor, specifier) : importIsAllowed(file, to)
      if (!allowed) breaches.push(`${file} imports ${to ?? specifier}`)
    }
  }
  return breaches
}

function importIsAllowed(file: string, to: string): boolean {
  const [from, into] = [floorOf(file), floorOf(to)]
  if (from === into)
    return from === GROUND || roomOf(file) === roomOf(to) || levelOfRoom(to) < levelOfRoom(file)
  if (into === GROUND) return true
  if (from === TESTING) return into === 'io'
  // The test bench's entry point is its own index.
  return into !== TESTING && levelOf(into) < levelOf(from)
}

function packageIsAllowed(floor: string, specifier: string): boolean {
  if (specifier.startsWith('node:')) return true
  return (floorNamed(floor)?.packages ?? []).some(name =>
    name.endsWith('/') ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`),
  )
}

/** Rooms of the plan without files. */
export function emptyRooms(tree: Tree): string[] {
  const folders = new Set(library(tree).map(([file]) => path.dirname(file)))
  return HOUSE.flatMap(({ name, rooms }) =>
    rooms.map(room => ['lib', name, room.name].filter(Boolean).join('/')),
  ).filter(folder => !folders.has(folder))
}

/** Import cycles, each once, as a path. */
export function importCycles(tree: Tree): string[] {
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file)
    if (start >= 0) cycles.push([...way.slice(start), file].join(' → '))
    if (start >= 0 || done.has(file)) return
    for (const specifier of importsOf(tree.get(file) ?? '')) {
      const next = target(file, specifier)
      if (next !== undefined) visit(next, [...way, file])
    }
    done.add(file)
  }
  for (const [file] of library(tree)) visit(file, [])
  return cycles
}

/** Files without a test of the same name, and tests without a file. */
export function unmirrored(tree: Tree): string[] {
  const breaches: string[] = []
  for (const [file, text] of library(tree)) {
    const test = file.replace(/^lib/, 'test').replace(/\.ts$/, '.test.ts')
    if (!isEntry(file) && !tree.has(test) && hasCode(text)) breaches.push(`${file} has no ${test}`)
  }
  const folders = new Set(library(tree).map(([file]) => path.dirname(file)))
  for (const test of tree.keys()) {
    // A file may have further tests by subject: `x.faults.test.ts`.
    const [, folder, name] = /^test((?:\/.+)?)\/([^/.]+)(?:\.[^/]+)?\.test\.ts$/.exec(test) ?? []
    if (folder === undefined || name === undefined || folder === '' || !folders.has(`lib${folder}`)) continue
    if (!tree.has(`lib${folder}/${name}.ts`)) breaches.push(`${test} tests no file of lib${folder}`)
  }
  return breaches
}

/** Whether a file has anything but types. */
function hasCode(text: string): boolean {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    removeComments: true,
  }
  const { outputText } = ts.transpileModule(text, { compilerOptions })
  return !/^\s*(export \{\};?)?\s*$/.test(outputText)
}

/** Whether a file is an entry point, or the index of a folder. */
function isEntry(file: string): boolean {
  return file.endsWith('/index.ts') || floorOf(file) === ENTRIES
}

/** The entry point of the command, which runs instead of exporting. */
const COMMANDS = ['lib/cli.ts']

/** Statements of an entry point other than named re-exports. */
export function indexBreaches(tree: Tree): string[] {
  const breaches: string[] = []
  for (const [file, text] of library(tree)) {
    if (!isEntry(file) || COMMANDS.includes(file)) continue
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023)
    for (const statement of source.statements) {
      const isReExport =
        ts.isExportDeclaration(statement) &&
        statement.moduleSpecifier !== undefined &&
        statement.exportClause !== undefined &&
        ts.isNamedExports(statement.exportClause)
      if (!isReExport) breaches.push(`${file}: ${statement.getText(source).split('\n')[0] ?? ''}`)
    }
  }
  return breaches
}

/** Imports that could write to a disk, directly or through the file sink's modules. The test bench may. */
export function diskBreaches(tree: Tree): string[] {
  const breaches: string[] = []
  for (const [file, text] of library(tree)) {
    if (floorOf(file) === 'testing' || WRITES_FILES.includes(file)) continue
    if (
      !file.startsWith('lib/io/file/') &&
      importsOf(text).some(name => target(file, name) === ATOMIC_FILE)
    ) {
      breaches.push(`${file} imports ${ATOMIC_FILE}`)
    }
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023)
    const specifiers = importsOf(text).filter(isFileModule)
    const seen = source.statements.filter(ts.isImportDeclaration).filter(({ moduleSpecifier }) => {
      return ts.isStringLiteral(moduleSpecifier) && isFileModule(moduleSpecifier.text)
    })
    if (seen.length < specifiers.length) breaches.push(`${file} imports a file module by other means`)
    for (const declaration of seen) {
      const module = (declaration.moduleSpecifier as ts.StringLiteral).text
      for (const name of importedNames(declaration)) {
        const harmless = module.endsWith('os') ? name !== 'tmpdir' : FILE_READS.includes(name)
        if (!harmless || name === '*') breaches.push(`${file} imports ${name} of ${module}`)
      }
    }
  }
  return breaches
}

function isFileModule(specifier: string): boolean {
  return /^(node:)?(fs(\/promises)?|os)$/.test(specifier)
}

/** The imported names; `*` for the whole module, whose uses the rule can't see. */
function importedNames({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings
  if (importClause?.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return ['*']
  return bindings.elements.map(({ propertyName, name }) => (propertyName ?? name).text)
}

/** Names of one machine or network in the repository: a user's folders, a mirror's hosts. */
export function machineWords(tree: Tree): string[] {
  const folder = /(?<![\w.:/-])\/(?:home|Users|root|work|workspace|tmp)\/[\w.]/
  const host =
    /\b(?:registry\.(?:npmjs|yarnpkg|npmmirror)|(?:deb|ftp|security|snapshot|archive)[\w.]*\.debian\.org)|\.pkg\.dev\b/
  return [...tree].flatMap(([file, text]) =>
    text.split('\n').flatMap((line, index) => {
      const found = folder.exec(line)?.[0] ?? host.exec(line)?.[0]
      return found === undefined ? [] : [`${file}:${index + 1} says ${found}`]
    }),
  )
}

/** The longest line of the library, in characters. Prettier breaks code, but no strings and comments. */
const MAX_LINE = 120

/** Lines of the library that are too long. */
export function longLines(tree: Tree): string[] {
  return library(tree).flatMap(([file, text]) =>
    text
      .split('\n')
      .flatMap(({ length }, index) =>
        length > MAX_LINE ? [`${file}:${index + 1} has ${length} characters`] : [],
      ),
  )
}

/** Error codes whose documented `retryable` differs from the code's. */
export function retryableBreaches(isRetryable: (code: string) => boolean, tree: Tree): string[] {
  const rows = tree.get('docs/errors.md')?.matchAll(/^\| *`(AVIO_ERR_[A-Z0-9_]+)` *\| *([^|]*?) *\|/gm) ?? []
  return [...rows].flatMap(([, code = '', said = '']) => {
    const expected = isRetryable(code) ? 'yes' : 'no'
    return /^\w*/.exec(said)![0] === expected
      ? []
      : [`${code} is retryable: ${expected}, documented: ${said}`]
  })
}

/** Undocumented error codes, and documented ones that are never raised. */
export function codeBreaches(codes: readonly string[], tree: Tree): string[] {
  const documented = new Set(tree.get('docs/errors.md')?.match(/AVIO_ERR_[A-Z0-9_]+/g))
  const raised = library(tree)
    .filter(([file]) => !/^lib\/errors[./]/.test(file))
    .map(([, text]) => text)
    .join('\n')
  return [
    ...codes.filter(code => !documented.has(code)).map(code => `${code} is not in docs/errors.md`),
    ...[...documented]
      .filter(code => !codes.includes(code))
      .map(code => `${code} is documented, but no code`),
    ...codes.filter(code => !new RegExp(`\\b${code}\\b`).test(raised)).map(code => `${code} is never raised`),
  ]
}

/** Missing files that a comment of the library names, by path or by name. */
export function commentBreaches(tree: Tree): string[] {
  const files = [...tree.keys()]
  return library(tree).flatMap(([file, text]) =>
    text
      .split('\n')
      .filter(line => /^\s*(\*|\/\/|\/\*\*)/.test(line))
      .flatMap(line => [...line.matchAll(/(?<![\w/.-])([\w-]+(?:\/[\w.-]+)*)\.ts\b/g)].map(([name]) => name))
      .filter(name => !files.some(known => known === name || known.endsWith(`/${name}`)))
      .map(name => `${file} names ${name}`),
  )
}

/** Intended tests for a class of one realm; the code beside them handles other realms. */
const OF_THIS_REALM: readonly string[] = ['lib/options.ts: instanceof AbortSignal']

/** `instanceof` on foreign values, which would refuse those of another realm or of `readable-stream`. */
export function realmBreaches(tree: Tree): string[] {
  const builtin =
    /\binstanceof (?:Readable|Writable|Duplex|Transform|AbortSignal|Uint8Array|ArrayBuffer|URL|Error|AggregateError|Date|Map|Set)\b/g
  return library(tree)
    .filter(([file]) => !file.startsWith('lib/testing/'))
    .flatMap(([file, text]) => [...text.matchAll(builtin)].map(([found]) => `${file}: ${found}`))
    .filter(breach => !OF_THIS_REALM.includes(breach))
}

/** Files whose exports are the public API. */
const ENTRY_POINTS = [
  'lib/index.ts',
  'lib/job/index.ts',
  'lib/bullmq.ts',
  'lib/protocol.ts',
  'lib/testing/index.ts',
]

/** Fields of exported interfaces without a docblock, which an editor would show without a word on them. */
export function undocumentedFields(tree: Tree): string[] {
  const names = ENTRY_POINTS.flatMap(entry =>
    [...(tree.get(entry) ?? '').matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = '']) =>
      list.split(',').map(name => name.replace(/^\s*(?:type )?/, '').replace(/ as .*|\s*$/s, '')),
    ),
  )
  const exported = new Set(names)
  return library(tree).flatMap(([file, text]) =>
    [...text.matchAll(/^export interface (\w+)[^{]*\{\n(.*?)^\}/gms)]
      .filter(([, name = '']) => exported.has(name))
      .flatMap(([, name = '', body = '']) =>
        body.split('\n').flatMap((line, n, lines) => {
          const [, field] = /^ {2}(?:readonly )?(\w+)\??[:(<]/.exec(line) ?? []
          return field === undefined || lines[n - 1]?.endsWith('*/') === true
            ? []
            : [`${file}: ${name}.${field}`]
        }),
      ),
  )
}
