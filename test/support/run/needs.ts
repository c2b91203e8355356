import { readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { BUILD, ROOT, compiledOf } from '../program.js'

/**
 * The rule for which test files share a process: those that cannot reach a child process or a network, by themselves or
 * by anything they import, and that do nothing to the process they run in. It is read from the compiled code, where
 * types are gone and every import has the same form.
 */

/** Modules that start children, open sockets or change the engine, and packages that do. */
const OUTSIDE =
  /^(?:node:)?(?:child_process|cluster|dgram|dns|http|http2|https|inspector|net|tls|v8|vm|worker_threads)(?:\/|$)/
const HEAVY = /^(?:@aws-sdk|@smithy|avio-streams|playwright-core|prettier|typescript)(?:\/|$)/

/** What a test, or a helper of tests, does to its process. */
const OF_THE_PROCESS =
  /\bt\d*\.(?:mock|intercept)|\bprocess\.(?:chdir|on|once|memoryUsage|cpuUsage|resourceUsage)\b|\bglobalThis\.(?!process)/

const IMPORT = /^(?:import|export)\b[^;"]*?\bfrom "([^"]+)";|^import "([^"]+)";|\bimport\("([^"]+)"\)/gm

/** The test files that share processes, and those that have one of their own, both in the order given. */
export interface Plan {
  readonly together: readonly string[]
  readonly alone: readonly string[]
}

/**
 * @param files - test files by their paths from the root, compiled
 * @param codeOf - gives the code of a compiled file, and throws where there is none
 */
export function planOf(files: readonly string[], codeOf = readCode): Plan {
  const modules = new Map<string, Module>()
  const together = files.filter(file => canShare(compiledOf(join(ROOT, file)), modules, codeOf))
  return { together, alone: files.filter(file => !together.includes(file)) }
}

function readCode(path: string): string {
  return readFileSync(path, 'utf8')
}

interface Module {
  readonly imports: readonly string[]
  /** It does something to the process. */
  readonly touches: boolean
}

function canShare(file: string, modules: Map<string, Module>, codeOf: typeof readCode): boolean {
  const reached = new Set([file])
  // The set grows while it is walked.
  for (const name of reached) {
    if (!name.startsWith(BUILD)) {
      if (OUTSIDE.test(name) || HEAVY.test(name)) return false
      continue
    }
    let found = modules.get(name)
    if (found === undefined) modules.set(name, (found = moduleOf(name, codeOf)))
    if (found.touches) return false
    for (const imported of found.imports) reached.add(imported)
  }
  return true
}

function moduleOf(file: string, codeOf: typeof readCode): Module {
  let code: string
  try {
    code = codeOf(file)
  } catch {
    // No module that was compiled here: what is not known is not shared.
    return { imports: [], touches: true }
  }
  const names = [...code.matchAll(IMPORT)].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!)
  return {
    imports: names.map(name => (name.startsWith('.') ? join(dirname(file), name) : name)),
    touches: file.startsWith(join(BUILD, 'test') + sep) && touchesProcess(code, file),
  }
}

function touchesProcess(code: string, file: string): boolean {
  // Only a test file is given a test of its own in place of tap's root: see `own-test.ts`.
  const takesRoot = !file.endsWith('.test.js') && /^import \w+.* from "tap";$/m.test(code)
  return takesRoot || OF_THE_PROCESS.test(code)
}
