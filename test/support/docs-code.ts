import { join } from 'node:path'
import ts from 'typescript'

/**
 * Compiles the TypeScript of README and docs. Each block is a module of its own in one program, with the library mapped
 * to its sources. Names that a block uses without declaring them are added: names of the library, Node and the SDK by
 * imports, all others (`client`, `bucket`, `sink` …) by `docs-context.d.ts`.
 */

export interface Block {
  /** The page, from the project's root. */
  page: string
  /** The line of the page where its code begins. */
  line: number
  code: string
}

/** Names that pages use without importing them again, and their modules. */
const IMPORTS: Record<string, string> = {
  pipeline: 'node:stream/promises',
  Readable: 'node:stream',
  Writable: 'node:stream',
  PassThrough: 'node:stream',
  Transform: 'node:stream',
  createReadStream: 'node:fs',
  createWriteStream: 'node:fs',
  writeFile: 'node:fs/promises',
  readFile: 'node:fs/promises',
  S3Client: '@aws-sdk/client-s3',
  GetObjectCommand: '@aws-sdk/client-s3',
}

/** Entries of the package, and their sources. */
const ENTRIES: Record<string, string> = {
  'avio-streams': 'lib/index.ts',
  'avio-streams/testing': 'lib/testing/index.ts',
  'avio-streams/protocol': 'lib/protocol.ts',
}

/** The blocks of a page that are marked `ts`, those within lists too. */
export function blocksOf(page: string, markdown: string): Block[] {
  const blocks: Block[] = []
  const pattern = /^([ \t]*)```ts\n([\s\S]*?)^\1```$/gm
  for (const { index, 1: indent = '', 2: text = '' } of markdown.matchAll(pattern)) {
    const line = markdown.slice(0, index).split('\n').length + 1
    blocks.push({ page, line, code: text.replaceAll(new RegExp(`^${indent}`, 'gm'), '') })
  }
  return blocks
}

/** The compiler's messages on the blocks: `page:line message`. */
export function problemsOf(root: string, blocks: readonly Block[]): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    paths: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, [join(root, file)]])),
  }
  const exported = exportsOf(root, options)
  const sources = new Map(
    blocks.map((block, n) => {
      const file = join(root, 'test/docs', `block-${n}.ts`)
      return [file, { block, text: `${missingImports(block.code, exported)}\n${block.code}\nexport {}\n` }]
    }),
  )
  const host = ts.createCompilerHost(options)
  const disk = ts.createCompilerHost(options)
  host.getSourceFile = (name, ...rest) => {
    const text = sources.get(name)?.text
    return text === undefined
      ? disk.getSourceFile(name, ...rest)
      : ts.createSourceFile(name, text, rest[0], true)
  }
  host.fileExists = name => sources.has(name) || disk.fileExists(name)
  host.readFile = name => sources.get(name)?.text ?? disk.readFile(name)
  const context = join(root, 'test/support/docs-context.d.ts')
  const program = ts.createProgram([context, ...sources.keys()], options, host)
  return [...sources].flatMap(([file, { block }]) => {
    const source = program.getSourceFile(file)!
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    return diagnostics.map(({ start = 0, messageText }) => {
      const line = block.line + source.getLineAndCharacterOfPosition(start).line - 1
      return `${block.page}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
  })
}

/** The exported names of each entry point. */
function exportsOf(root: string, options: ts.CompilerOptions): Map<string, string> {
  const files = Object.entries(ENTRIES).filter(([, file]) => ts.sys.fileExists(join(root, file)))
  const program = ts.createProgram(
    files.map(([, file]) => join(root, file)),
    { ...options, noResolve: true },
  )
  const names = new Map(Object.entries(IMPORTS))
  for (const [entry, file] of files) {
    const source = program.getSourceFile(join(root, file))!
    for (const statement of source.statements) {
      if (!ts.isExportDeclaration(statement) || !statement.exportClause) continue
      if (!ts.isNamedExports(statement.exportClause)) continue
      for (const { name } of statement.exportClause.elements)
        if (!names.has(name.text)) names.set(name.text, entry)
    }
  }
  return names
}

/** One line that imports the known names that a block uses but neither imports nor declares. */
function missingImports(code: string, known: ReadonlyMap<string, string>): string {
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.ES2023, true)
  const used = new Set<string>()
  const declared = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node
      const isProperty = ts.isPropertyAccessExpression(parent) && parent.name === node
      const isKey = ts.isPropertyAssignment(parent) && parent.name === node
      const isDeclared = 'name' in parent && parent.name === node && !isKey && !isProperty
      if (isDeclared && !ts.isShorthandPropertyAssignment(parent)) declared.add(node.text)
      else if (!isProperty && !isKey) used.add(node.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...used]
    .filter(name => known.has(name) && !declared.has(name))
    .map(name => `import { ${name} } from '${known.get(name)!}';`)
    .join(' ')
}
