import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Distribution } from '../simulate/random.js'
import { quantilesOf } from '../simulate/random.js'
import type { StoreArena } from '../support/topic.js'
import { round } from './fit-steps.js'

/** Seconds from the start of a process until it could take its first step, for so many processes. */
export async function measureStart({ client, bucket }: StoreArena, count: number): Promise<Distribution> {
  const script = fileURLToPath(new URL('start-process.mjs', import.meta.url))
  const seconds: number[] = []
  for (let n = 0; n < count; n++) {
    const started = performance.now()
    await promisify(execFile)(process.execPath, [script, JSON.stringify(client), bucket])
    seconds.push((performance.now() - started) / 1000)
  }
  return { quantiles: quantilesOf(seconds).map(round) }
}
