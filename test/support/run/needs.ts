import { readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { BUILD, ROOT, compiledOf } from '../program.js'

/**
 * The needs of test files, from everything they reach directly or through imports. The source is the compiled code,
 * which has no types and only one form of import.
 *
 * Files that don't change their process share processes: many that reach neither a child process nor a network, and a
 * few at a time of those that do, if they are quick and look at no other child or socket than their own. Files that
 * another Node or ffmpeg cannot affect are left out of the runs for those; versions between the oldest and the newest
 * run only the files that meet Node or ffmpeg directly.
 */

/** Modules that start children or open sockets, and packages that do. */
const OUTSIDE = /^(?:node:)?(?:child_process|dns|http|https|net|tls)(?:\/|$)|^(?:@aws-sdk|@smithy)\//

/** Modules that reach further or change the engine, and large packages. */
const APART =
  /^(?:node:)?(?:cluster|dgram|http2|inspector|v8|vm|worker_threads)(?:\/|$)|^(?:avio-streams|esbuild|playwright-core|prettier|typescript)(?:\/|$)/

/** Changes that a test, or a test helper, makes to its process, and what it reads of all that runs there. */
const OF_THE_PROCESS =
  /\bt\d*\.(?:mock|intercept)|\bprocess\.(?:chdir|on|once|memoryUsage|cpuUsage|resourceUsage)\b|\bglobalThis\.(?!process)|\b(?:setMemoryBudget|memoryUse)\(/

/** The rooms whose tests with children and sockets mostly take no longer than the start of a process. */
const QUICK = /^test\/(?:cli|containers|ffmpeg|hls|io|matroska|mp4|s3|testing)\//

/** Clients of servers that a test may stop or restart, which then try to connect again. */
const RECONNECTING = /^(?:bullmq|ioredis|pg)$/

/** What tests with children and sockets read or change besides: another file's may still be closing. */
const OF_ALL_THAT_RUNS =
  /\bprocess\.(?:pid|off|emit|kill|exit|exitCode|stdin|stdout|stderr|umask|getActiveResourcesInfo)\b|\bprocess\.env(?:\[[^\]]*\]|\.\w+) = |\b(?:assign|deleteProperty)\(process\.env|\bdelete process\.env|\/proc\/self|\bperformance\.|\bsubscribe\(/

/** Parts of Node that no release changes: text, names, bytes; not streams, files, clocks and ciphers. */
const SETTLED = /^node:(?:assert|buffer|os|path|url|util)(?:\/|$)/

/**
 * Tests that hold the same with every Node and ffmpeg, though they may start both: one run of them is enough. All others
 * are told apart by what they reach.
 */
export const SETTLED_BY_ONE_RUN: readonly { readonly files: RegExp; readonly because: string }[] = [
  {
    files: /^test\/(?:ci|docs|support)\/|^test\/layout\.test\.ts$/,
    because: 'They hold the repository: its rules, its pages, its set-up, and the test runner.',
  },
  {
    files: /^test\/bench\//,
    because: 'The benchmarks are a tool of this repository, which no user has.',
  },
  {
    files: /^test\/(?:crash|fuzz|matrix|players|soak)\/|^test\/sweep\/checks\.test\.ts$/,
    because: 'They hold the programs of the long attacks, which CI runs whole on the newest Node and ffmpeg.',
  },
  {
    files:
      /^test\/engines\/(?:bullmq|conformance)\/|^test\/examples\/(?:farm|kubernetes|step-functions)\.test\.ts$/,
    because:
      'They hold the ways of steps between workers; CI runs `npm run engines` whole on the newest of both.',
  },
  {
    files: /^test\/browser\//,
    because: 'They hold what Chromium plays; CI runs `npm run players` whole on the newest of both.',
  },
  {
    files: /^test\/package\//,
    because: 'They hold the packed files; CI loads the installed package on each Node.',
  },
  {
    files: /^test\/job\/split\/check-results\.mixed\.test\.ts$/,
    because: 'It runs every ffmpeg of CI by itself.',
  },
]

/**
 * Tests that go through dozens of sources, stores or conditions, minutes each. CI runs them as the other long suites,
 * once, with the newest Node and ffmpeg; the tests beside them hold the same promises for a few cases with every other.
 */
export const SURVEYS =
  /^test\/job\/(?:job-run\.(?:conditions|commit)|split\/run-split\.(?:sources|stores))\.test\.ts$/

/**
 * What versions of Node and ffmpeg between the oldest and the newest run. The library meets Node's streams, sockets and
 * children in these rooms, and ffmpeg's versions in theirs alone: all of their tests run, and those of whole
 * pipelines. Of what is built upon them, a change of Node can reach only the files that import Node or a
 * package themselves; the others, which mostly look at what ffmpeg makes of many sources, run at both ends.
 */
const SURFACES = /^test\/(?:ffmpeg|integration|io|s3|testing)\//

const IMPORT = /^(?:import|export)\b[^;"]*?\bfrom "([^"]+)";|^import "([^"]+)";|\bimport\("([^"]+)"\)/gm

/** The test files that share processes, and those that run alone, each in the given order. */
export interface Plan {
  /** Those without children and sockets. */
  readonly together: readonly string[]
  /** Those with children and sockets of their own. */
  readonly beside: readonly string[]
  readonly alone: readonly string[]
}

interface Module {
  readonly imports: readonly string[]
  /** It changes the process, or it is unknown. */
  readonly touches: boolean
  /** It reads or changes what all of the process has in common. */
  readonly touchesAll: boolean
}

/** Groups of at most `size` files. Neighbours, which take equally long, are in different ones. */
export function groups(files: readonly string[], size: number): string[][] {
  const count = Math.ceil(files.length / size)
  return Array.from({ length: count }, (_, group) => files.filter((_, n) => n % count === group))
}

/** The source that a test holds, whether there is one or not: `lib/io/x.ts` for `test/io/x.faults.test.ts`. */
export function sourceOf(file: string): string {
  return file.replace(/^test\//, 'lib/').replace(/\.(?:[\w-]+\.)?test\.ts$/, '.ts')
}

/** Reads compiled modules, each once. Test files are named by their paths from the root. */
export class Needs {
  readonly #codeOf: (path: string) => string
  readonly #modules = new Map<string, Module>()

  /** @param codeOf - returns the code of a compiled file, and throws if there is none */
  constructor(codeOf = (path: string) => readFileSync(path, 'utf8')) {
    this.#codeOf = codeOf
  }

  plan(files: readonly string[]): Plan {
    const plan = { together: [] as string[], beside: [] as string[], alone: [] as string[] }
    for (const file of files) plan[this.#placeOf(file)].push(file)
    return plan
  }

  /** Whether another version of Node or ffmpeg could affect it. */
  dependsOnVersions(file: string): boolean {
    if (SETTLED_BY_ONE_RUN.some(({ files }) => files.test(file))) return false
    return [...this.#reachedBy(file)].some(name =>
      isOurs(name) ? this.#module(name).touches : !SETTLED.test(name),
    )
  }

  /** Whether a version between the oldest and the newest could affect it, if it holds on both of them. */
  dependsOnVersionsBetween(file: string): boolean {
    if (SURVEYS.test(file) || !this.dependsOnVersions(file)) return false
    if (SURFACES.test(file)) return true
    return this.#module(compiledOf(join(ROOT, sourceOf(file)))).imports.some(
      name => !isOurs(name) && !SETTLED.test(name),
    )
  }

  #placeOf(file: string): keyof Plan {
    const reached = [...this.#reachedBy(file)]
    const modules = reached.filter(isOurs).map(name => this.#module(name))
    const packages = reached.filter(name => !isOurs(name))
    if (modules.some(({ touches }) => touches) || packages.some(name => APART.test(name))) return 'alone'
    if (!packages.some(name => OUTSIDE.test(name))) return 'together'
    const isOwn =
      !modules.some(({ touchesAll }) => touchesAll) && !packages.some(name => RECONNECTING.test(name))
    return isOwn && QUICK.test(file) ? 'beside' : 'alone'
  }

  #reachedBy(file: string): Set<string> {
    const reached = new Set([compiledOf(join(ROOT, file))])
    // The set grows while it is walked.
    for (const name of reached) {
      if (isOurs(name)) for (const imported of this.#module(name).imports) reached.add(imported)
    }
    reached.delete('tap')
    return reached
  }

  #module(path: string): Module {
    let found = this.#modules.get(path)
    if (found === undefined) this.#modules.set(path, (found = this.#read(path)))
    return found
  }

  #read(path: string): Module {
    let code: string
    try {
      code = this.#codeOf(path)
    } catch {
      return { imports: [], touches: true, touchesAll: true }
    }
    const isOfTests = path.startsWith(join(BUILD, 'test') + sep)
    const names = [...code.matchAll(IMPORT)].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!)
    return {
      imports: names.map(name => (name.startsWith('.') ? join(dirname(path), name) : name)),
      touches: isOfTests && touchesProcess(code, path),
      touchesAll: isOfTests && OF_ALL_THAT_RUNS.test(code),
    }
  }
}

function isOurs(name: string): boolean {
  return name.startsWith(BUILD)
}

function touchesProcess(code: string, path: string): boolean {
  // Only test files get their own test in place of tap's root: see `own-test.ts`.
  const takesRoot = !path.endsWith('.test.js') && /^import \w+.* from "tap";$/m.test(code)
  return takesRoot || OF_THE_PROCESS.test(code)
}
