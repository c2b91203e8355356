import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { OptionError, PlanError } from '../../errors.js'
import { FfmpegReadable } from '../../ffmpeg/ffmpeg-readable.js'
import { makeRunId } from '../../hls/run-id.js'
import { readExactly } from '../../io/read-exactly.js'
import type { Fmp4Fragment, Fmp4Init } from '../../mp4/checks/validation-report.js'
import { Fmp4Validator } from '../../mp4/fmp4-validator.js'
import { functionOption } from '../../options.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { S3Source } from '../../s3/s3-source.js'
import { chunkFilters } from '../encoding/chunk-filters.js'
import { seekTime, secondOf } from '../grid/chunk-grid.js'
import { parseRate } from '../grid/rational.js'
import { type Fingerprint, checkFingerprint } from './fingerprint.js'
import { type PieceResult, type PieceTrack, checkResult, resultLocation } from './piece-result.js'
import { type SplitContext, pinOf } from './plan-split.js'
import { type SplitPlan, type UnsplitPlan, checkPlan, pieceName, workPrefix } from './split-plan.js'
import { limitDuration, pieceLimits } from './split-limits.js'
import { SOURCE_CLOCK, clockArguments } from './source-clock.js'
import { WorkStore } from './work-store.js'

/** The progress of a step. */
export interface PieceProgress {
  /** `chunk-00003`, `audio`. */
  readonly piece: string
  /** Frames encoded so far; 0 for the audio. */
  readonly frames: number
}

/** Settings for encoding a piece. */
export interface PieceContext extends SplitContext {
  /** Called about twice a second. */
  readonly onProgress?: ((progress: PieceProgress) => void) | undefined
}

/**
 * Encodes one chunk of the video. Safe to run twice, late, or at the same time on two machines: each attempt writes
 * under its own key, and the first result stays. A chunk with a result is not encoded again.
 *
 * @param n - the number of the chunk, from 0
 * @throws `PlanError` `AVIO_ERR_PLAN_OTHER_FFMPEG` before anything is read, `AVIO_ERR_PLAN_GAP`,
 *   `AVIO_ERR_PLAN_INVALID`; the errors of the stages
 */
export async function encodeChunk(
  plan: SplitPlan | UnsplitPlan,
  n: number,
  context: PieceContext = {},
): Promise<PieceResult> {
  const checked = checkPlan(plan)
  const chunk = checked.chunks[n]
  if (chunk === undefined) {
    throw new OptionError('n', `The plan has chunks 0 to ${checked.chunks.length - 1}, and no ${n}`, n)
  }
  const { video } = checked
  const isFirst = n === 0
  const isLast = n === checked.chunks.length - 1
  const rate = parseRate(video.rate)!
  const filters = chunkFilters({
    ...video,
    start: isFirst ? undefined : chunk.start,
    end: isLast ? undefined : chunk.end,
  })
  const before = video.runUp / 1000 + (video.margin * Number(rate.denominator)) / Number(rate.numerator)
  const seek = seekTime(chunk.start, { first: 0, shift: video.shift }, rate, before)
  const input = clockArguments(checked.source.start, isFirst ? 0n : seek)
  const output = [
    ...['-map', video.map, '-vf', filters, '-fps_mode', 'passthrough'],
    ...(isFirst ? video.first : video.others),
    // Decode times and fragment numbers go on from chunk to chunk; a fragment has at least one frame.
    ...['-movflags', '+frag_discont', '-fragment_index', String(chunk.start - checked.chunks[0]!.start + 1)],
  ]
  const check = (result: PieceResult) => checkChunk(checked, n, result)
  return await piece(checked, pieceName(n), context, { input, output, check })
}

/**
 * Encodes the audio as a whole: in chunks, each one would begin with the encoder's priming. As safe as
 * {@link encodeChunk}.
 */
export async function encodeAudio(
  plan: SplitPlan | UnsplitPlan,
  context: PieceContext = {},
): Promise<PieceResult> {
  const checked = checkPlan(plan)
  if (checked.audio === undefined) throw new OptionError('plan', 'The plan has no audio', checked.audio)
  return await piece(checked, pieceName('audio'), context, {
    input: clockArguments(checked.source.start),
    output: ['-vn', ...checked.audio],
  })
}

/** Leaves out chapters and the timecode: tracks of their own, which would start again in each chunk. */
const OWN_TRACKS = ['-map_chapters', '-1', '-write_tmcd', '0']

/** A header without the version of the muxer, and with a clock that the newest versions would choose by the tracks. */
const ANY_BUILD = ['-fflags', '+bitexact', '-movie_timescale', '1000']

interface Arguments {
  readonly input: readonly string[]
  readonly output: readonly string[]
  /** Throws for a result that must not be stored. */
  readonly check?: (result: PieceResult) => void
}

async function piece(
  plan: SplitPlan,
  name: string,
  context: PieceContext,
  args: Arguments,
): Promise<PieceResult> {
  const { signal } = context
  functionOption(context, 'onProgress')
  signal?.throwIfAborted()
  const store = new WorkStore(context)
  const location = resultLocation(plan, name)
  const earlier = await store.getJson(location)
  if (earlier !== undefined) return checkResult(earlier, plan, name)
  const fingerprint = await checkFingerprint(
    plan.allowMixed === true ? undefined : plan.fingerprint,
    plan.video.encoder,
    context,
  )
  const made = await attempt({ plan, name, context, args, store, fingerprint })
  args.check?.(made)
  if (await store.putJsonOnce(location, made)) return made
  // Another attempt was faster. Its media are equivalent, and a join may already use them.
  return checkResult(await store.getJson(location), plan, name)
}

interface Attempt {
  readonly plan: SplitPlan
  readonly name: string
  readonly context: PieceContext
  readonly args: Arguments
  readonly store: WorkStore
  readonly fingerprint: Fingerprint
}

async function attempt({ plan, name, context, args, store, fingerprint }: Attempt): Promise<PieceResult> {
  const { ffmpegPath, env, signal, onProgress } = context
  const { client } = store
  const ffmpeg = new FfmpegReadable({
    input: { source: new S3Source({ client, ...pinOf(plan.source) }), args: args.input },
    globalArgs: SOURCE_CLOCK,
    output: {
      format: 'mp4',
      args: [...OWN_TRACKS, ...args.output, ...(plan.allowMixed === true ? ANY_BUILD : [])],
    },
    ...{ ffmpegPath, env, limits: pieceLimits(plan.limits) },
  })
  ffmpeg.on('progress', ({ frame = 0 }) => onProgress?.({ piece: name, frames: frame }))
  const validator = new Fmp4Validator()
  const seen = new Seen(validator)
  limitDuration(validator, plan.limits)
  const key = `${workPrefix(plan)}${name}/${makeRunId()}.mp4`
  const sink = new S3MultipartWritable({ client, bucket: plan.work.bucket, key, contentType: 'video/mp4' })
  await pipeline(ffmpeg, validator, sink, { signal })
  const { bucket, etag, bytes } = await sink.result
  const { init, ...timing } = seen.all()
  const head = await readExactly(new S3Source({ client, bucket, key, etag }), 0, init.byteLength, signal)
  return {
    ...{ version: 1, plan: plan.hash, piece: name, media: { bucket, key, etag, bytes } },
    init: { bytes: init.byteLength, sha256: createHash('sha256').update(head).digest('hex') },
    ...timing,
    fingerprint,
  }
}

/** Collects the initialization segment, the length and the tracks of a piece, as its validator reports them. */
class Seen {
  readonly #tracks = new Map<number, PieceTrack>()
  #init: Fmp4Init | undefined
  #end = 0

  constructor(validator: Fmp4Validator) {
    validator.on('init', init => {
      this.#init = init
      for (const { id, timescale } of init.tracks)
        this.#tracks.set(id, { timescale, startTicks: 0, durationTicks: 0, samples: 0 })
    })
    validator.on('fragment', fragment => this.#add(fragment))
  }

  #add({ byteOffset, byteLength, tracks }: Fmp4Fragment): void {
    this.#end = byteOffset + byteLength
    for (const { trackId, startTicks, durationTicks, sampleCount } of tracks) {
      const before = this.#tracks.get(trackId)!
      const isFirst = before.samples === 0
      this.#tracks.set(trackId, {
        ...before,
        ...(isFirst && { startTicks }),
        durationTicks: startTicks + durationTicks - (isFirst ? startTicks : before.startTicks),
        samples: before.samples + sampleCount,
      })
    }
  }

  /** Everything collected. Call it after the end of the piece. */
  all() {
    return { init: this.#init!, end: this.#end, tracks: [...this.#tracks.values()] }
  }
}

/**
 * Checks a chunk against the plan: it must start at its first frame and have all frames up to the next chunk. The last
 * chunk has the remaining frames of the source, a number that the plan knows to about a second.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_GAP`
 */
export function checkChunk(plan: SplitPlan, n: number, result: PieceResult): void {
  const { start, end } = plan.chunks[n]!
  const rate = parseRate(plan.video.rate)!
  const track = result.tracks[0]!
  const ticksOf = (frames: number) =>
    (BigInt(frames) * rate.denominator * BigInt(track.timescale)) / rate.numerator
  const isLast = n === plan.chunks.length - 1
  const wanted = end - start
  const isAll = isLast ? Math.abs(track.samples - wanted) <= secondOf(rate) : track.samples === wanted
  const isThere = BigInt(track.startTicks) === ticksOf(start)
  const isClosed = BigInt(track.durationTicks) === ticksOf(track.samples)
  if (isAll && isThere && isClosed) return
  throw new PlanError(
    'AVIO_ERR_PLAN_GAP',
    `${pieceName(n)} has ${track.samples} frames from tick ${track.startTicks} on, for ${track.durationTicks} ticks; ` +
      `the plan has ${wanted} frames from tick ${ticksOf(start)} on. A source whose key frames are more than ` +
      `${plan.video.runUp / 1000} s apart and that has no index, or with gaps in its video, can't be split.`,
    { plan: plan.hash, piece: pieceName(n) },
  )
}
