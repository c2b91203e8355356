import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder of what benchmarks build and fetch: in the cache that `.ci/setup.mjs` uses too. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'avio-streams', 'bench')
}
