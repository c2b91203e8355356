import type { S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import type { FfmpegLogEntry } from '../../ffmpeg/log/log.js'
import { TimeLeft } from '../../ffmpeg/log/time-left.js'
import { encodePiece } from '../../job/split/encode-piece.js'
import { joinChunks } from '../../job/split/join-chunks.js'
import { removeWork } from '../../job/split/remove-work.js'
import { type SplitPlan, checkPlan, totalFrames } from '../../job/split/split-plan.js'
import { readResults } from '../../job/split/stored-plan.js'
import { limitMemory } from '../arguments/memory-budget.js'
import { OF_MEMORY, SHARED, readWords } from '../arguments/own-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT } from '../report/exit-code.js'
import { Reporter } from '../report/reporter.js'
import type { Context } from './context.js'
import { isStoredPlan, knownPlan, storedPlan } from './known-plan.js'
import { readJson } from './read-json.js'
import { stepOf, stepWords } from './step-words.js'
import { storeClient } from './store-client.js'

/** What a step runs with. */
interface StepContext {
  readonly client: S3Client
  readonly signal: AbortSignal
  readonly ffmpegPath: string | undefined
  readonly ffprobePath: string | undefined
  readonly onLog: (entry: FfmpegLogEntry) => void
}

/**
 * `avio-streams step PLAN WHAT`: one step of a plan; `WHAT` is the number of a piece, `audio`, `images`, `join` or
 * `remove`. Prints the result as JSON. Each step may run twice, late, or at the same time on two machines.
 */
export async function stepCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: places } = readWords(words, { ...SHARED, ...OF_MEMORY })
  const [place, what, ...more] = places
  if (place === undefined || what === undefined || more.length > 0)
    throw usageError(
      'step',
      'Name a plan and one of its steps: avio-streams step plan.json 0, or "audio", "images", "join", "remove".',
    )
  limitMemory(values)
  const { signal, stdout, stderr } = context
  const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
  const client = storeClient(values)
  try {
    const step = {
      ...{ client, signal, ffmpegPath: values.ffmpeg, ffprobePath: values.ffprobe },
      onLog: (entry: FfmpegLogEntry) => reporter.log(entry),
    }
    const plan = await planOf(place, what, step, context)
    const result = plan === undefined ? { removed: 0 } : await resultOf(plan, what, step, reporter)
    stdout.write(`${JSON.stringify(result)}\n`)
    return EXIT.done
  } finally {
    reporter.end()
    client.destroy()
  }
}

/** The plan; `undefined` for a stored plan that a removal has removed, as the last one of its work. */
async function planOf(
  place: string,
  what: string,
  step: StepContext,
  context: Context,
): Promise<SplitPlan | undefined> {
  if (!isStoredPlan(place)) {
    const plan = knownPlan(await readJson(place, 'plan', context))
    if (plan !== undefined) return checkPlan(plan)
    throw usageError(place, `"${place}" is not a plan: make one with "avio-streams plan job.json".`)
  }
  try {
    return await storedPlan(place, step)
  } catch (error) {
    const isGone = error instanceof S3Error && error.code === 'AVIO_ERR_NO_SUCH_KEY'
    if (isGone && what === 'remove') return undefined
    throw error
  }
}

async function resultOf(
  plan: SplitPlan,
  what: string,
  context: StepContext,
  reporter: Reporter,
): Promise<object> {
  const step = stepOf(what, plan)
  if (step === undefined)
    throw usageError(
      what,
      `"${what}" is not a step of this plan: its steps are 0 to ${stepWords(plan).length - 1}, then "join" and ` +
        '"remove".',
    )
  const tell = (phase: string, total: number) => {
    const left = new TimeLeft()
    return ({ frames }: { readonly frames: number }) => {
      const percent = Math.min(100, (100 * frames) / total)
      const eta = left.see(percent)
      reporter.progress({ phase, percent, ...(eta !== undefined && { eta }) })
    }
  }
  if (step === 'remove') return { removed: await removeWork(plan, context) }
  if (step === 'join') {
    const results = await readResults(plan, context)
    return await joinChunks(plan, results, { ...context, onProgress: tell('join', totalFrames(plan)) })
  }
  const { piece } = step
  if (typeof piece === 'string') return await encodePiece(plan, piece, context)
  const { start, end } = plan.chunks[piece]!
  return await encodePiece(plan, piece, { ...context, onProgress: tell(`chunk ${piece}`, end - start) })
}
