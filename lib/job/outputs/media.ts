import type { Writable } from 'node:stream'
import type { FfmpegOutputOptions } from '../../ffmpeg/ffmpeg-options.js'
import { muxerOf } from '../../ffmpeg/args/muxers.js'
import { Fmp4Validator } from '../../mp4/fmp4-validator.js'
import type { CmafPackager } from '../../hls/cmaf-packager.js'
import type { TranscodeOutput } from '../../tasks/transcode.js'
import { reportingByResult } from '../open/open-sink.js'
import { encodingArguments } from '../encoding/encoding-arguments.js'
import { keySecondsFor } from '../grid/key-seconds.js'
import type { JobObjectResult, JobPackageResult } from '../schema/job-result.js'
import type { JobObject, JobPackage, JobRendition } from '../schema/job.js'
import { shownLocation } from '../schema/location.js'

/** An output written by ffmpeg: the outputs for `transcode`, and the result once that resolves. */
export interface MediaOutput<Result> {
  readonly outputs: readonly TranscodeOutput[]
  readonly result: () => Promise<Result>
}

/**
 * One object. A fragmented MP4 is validated box by box, unless `-movflags` ask for another form: some of them put
 * samples into the `moov`.
 *
 * @param path - its path in the job, for messages
 */
export function mediaObject(output: JobObject, path: string, sink: Writable): MediaOutput<JobObjectResult> {
  const { format, layout, url } = output
  const options = objectOptions(output)
  const isChecked =
    muxerOf(format, `${path}.format`).isMp4 && layout !== 'file' && !options.args!.includes('-movflags')
  return {
    outputs: [{ ...options, to: isChecked ? [new Fmp4Validator(), sink] : sink }],
    result: async () => ({ type: 'object', url: shownLocation(url), ...(await storedBy(sink)) }),
  }
}

/** The options of ffmpeg's output. The stage checks the layout and the cover: it knows the formats that have them. */
export function objectOptions(output: JobObject): FfmpegOutputOptions {
  const { format, layout, cover, onMissing } = output
  return { format, layout, cover, onMissing, args: encodingArguments(output, format) } as FfmpegOutputOptions
}

/** The options of ffmpeg's output for a rendition of a package. */
export function renditionOptions(
  rendition: JobRendition,
  { targetDuration = 6 }: Pick<JobPackage, 'targetDuration'>,
): FfmpegOutputOptions {
  return { format: 'mp4', args: encodingArguments(rendition, 'mp4', keySecondsFor(targetDuration)) }
}

/** A sink's result; empty for standard output. */
async function storedBy(sink: Writable): Promise<Omit<JobObjectResult, 'type' | 'url'>> {
  const { result } = sink as { result?: PromiseLike<{ bytes: number; etag?: string; versionId?: string }> }
  if (result === undefined) return {}
  const { bytes, etag, versionId } = await result
  return { bytes, ...(etag !== undefined && { etag }), ...(versionId !== undefined && { versionId }) }
}

/** A package: an output of ffmpeg for each rendition. */
export function mediaPackage(output: JobPackage, packager: CmafPackager): MediaOutput<JobPackageResult> {
  const { renditions, prefix } = output
  return {
    outputs: renditions.map(rendition => {
      const { name, label, groupId, language, default: isDefault, autoselect } = rendition
      const to = packager.rendition({ name, label, groupId, language, default: isDefault, autoselect })
      return { ...renditionOptions(rendition, output), to: reportingByResult(to) }
    }),
    result: async () => {
      const { playlists, run, segments, bytes, duration, leftBehind } = await packager.result
      return { type: 'package', prefix, playlists, run, segments, bytes, duration, leftBehind }
    },
  }
}
