import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { locateFfmpeg } from '../../lib/ffmpeg/binary/locate-ffmpeg.js'
import type { SplitPlan } from '../../lib/job/split/split-plan.js'
import { planArguments } from './plan-arguments.js'

/** What bare processes of ffmpeg encode. */
export interface BareWork {
  readonly plan: SplitPlan
  /** A local file: the source of the plan. */
  readonly source: string
  /** Its length. */
  readonly seconds: number
}

/**
 * Seconds on the clock for as many bare processes of ffmpeg, which start at the same time and encode an equal share of
 * the film each, with the arguments of the plan. No store, no library and no join: nothing on this machine is faster,
 * so the ratio of one process to several is the limit of a speed-up.
 */
export async function bareSeconds({ plan, source, seconds }: BareWork, processes: number): Promise<number> {
  const { path } = await locateFfmpeg()
  const share = seconds / processes
  const started = performance.now()
  await Promise.all(
    Array.from({ length: processes }, (_, n) => {
      const part = processes === 1 ? [] : ['-ss', String(n * share), '-t', String(share)]
      const args = [...part, '-i', source, ...planArguments(plan), '-f', 'null', '-']
      return promisify(execFile)(path, ['-v', 'error', '-nostdin', ...args])
    }),
  )
  return (performance.now() - started) / 1000
}
