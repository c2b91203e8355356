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

/** @param files - compiled test files by the paths of their sources, from the root */
export function planOf(files: readonly string[]): Plan {
  const modules = new Map<string, Module>()
  const together = files.filter(file => canShare(compiledOf(join(ROOT, file)), modules))
  return { together, alone: files.filter(file => !together.includes(file)) }
}

interface Module {
  readonly imports: readonly string[]
  /** It touches the process by its own code. */
  readonly touches: boolean
}

function canShare(file: string, modules: Map<string, Module>): boolean {
  const seen = new Set([file])
  // A set that grows while it is walked.
  for (const reached of seen) {
    if (!reached.startsWith(BUILD)) {
      if (OUTSIDE.test(reached) || HEAVY.test(reached)) return false
      continue
    }
    let found = modules.get(reached)
    if (found === undefined) modules.set(reached, (found = read(reached)))
    if (found.touches) return false
    for (const name of found.imports) seen.add(name)
  }
  return true
}

function read(file: string): Module {
  let code: string
  try {
    code = readFileSync(file, 'utf8')
  } catch {
    // No module that was compiled here: what is not known is not shared.
    return { imports: [], touches: true }
  }
  const names = [...code.matchAll(IMPORT)].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!)
  const isTest = file.endsWith('.test.js')
  return {
    imports: names.map(name => (name.startsWith('.') ? join(dirname(file), name) : name)),
    touches:
      file.startsWith(join(BUILD, 'test') + sep) &&
      // Only a test file is given a test of its own in place of tap's root.
      (OF_THE_PROCESS.test(code) || (!isTest && /^import \w+.* from "tap";$/m.test(code))),
  }
}
