import type { FfmpegLimits } from '../../ffmpeg/limits/limits.js'
import type { RandomAccess } from '../../io/random-access.js'
import { storyboardVtt } from '../../tasks/storyboard/storyboard-vtt.js'
import { storyboard } from '../../tasks/storyboard/storyboard.js'
import type { ThumbnailTimes } from '../../tasks/thumbnails/thumbnail-times.js'
import { thumbnails } from '../../tasks/thumbnails/thumbnails.js'
import type { JobStoryboardResult, JobThumbnailsResult } from '../schema/job-result.js'
import type { JobPackage, JobStoryboard, JobThumbnails } from '../schema/job.js'
import type { HeldObjects } from './held-objects.js'

/** Settings for making images. */
export interface ImageSettings {
  readonly source: RandomAccess
  readonly ffmpegPath: string | undefined
  readonly ffprobePath: string | undefined
  readonly env: Record<string, string> | undefined
  readonly signal: AbortSignal
  readonly limits: FfmpegLimits
}

/** Called after each thumbnail or sheet. */
export type OnImage = (done: number) => void

const ENDINGS = { jpeg: 'jpg', png: 'png', webp: 'webp' } as const

/** Takes the thumbnails of an output, and keeps them for the commit. */
export async function takeThumbnails(
  output: JobThumbnails,
  settings: ImageSettings,
  held: HeldObjects,
  onImage: OnImage,
): Promise<JobThumbnailsResult> {
  const { prefix, width, height } = output
  const images: { name: string; time: number }[] = []
  const taken = thumbnails({ ...settings, ...picturesOf(output), width, height })
  for await (const { time, image } of taken) {
    const name = numbered('thumbnail', images.length, output.format)
    held.add(name, image)
    images.push({ name, time })
    onImage(images.length)
  }
  return { type: 'thumbnails', prefix, images }
}

/** Makes the sheets of an output and their index, and keeps them for the commit. */
export async function takeStoryboard(
  output: JobStoryboard,
  settings: ImageSettings,
  held: HeldObjects,
  onImage: OnImage,
): Promise<JobStoryboardResult> {
  const { prefix } = output
  const sheets: { name: string; tiles: Parameters<typeof storyboardVtt>[0][number]['tiles'] }[] = []
  for await (const { image, tiles } of sheetsOf(output, settings)) {
    const name = numbered('sheet', sheets.length, output.format)
    held.add(name, image)
    sheets.push({ name, tiles })
    onImage(sheets.length)
  }
  const vtt = 'storyboard.vtt'
  held.add(vtt, Buffer.from(storyboardVtt(sheets, n => sheets[n]!.name)))
  return { type: 'storyboard', prefix, sheets: sheets.map(({ name }) => name), vtt }
}

/** The sheets of a storyboard, or of the images of a package. */
export function sheetsOf(
  output: JobStoryboard | NonNullable<JobPackage['images']>,
  settings: ImageSettings,
): ReturnType<typeof storyboard> {
  const { columns, rows, width, height } = output
  return storyboard({ ...settings, ...picturesOf(output), columns, rows, width, height })
}

/** The times and the format of the images. The schema requires exactly one of the three kinds of times. */
function picturesOf(
  output: JobThumbnails | JobStoryboard | NonNullable<JobPackage['images']>,
): ThumbnailTimes & Pick<JobThumbnails, 'exact' | 'format'> {
  const { times, every, count, exact, format } = output
  return { times, every, count, exact, format } as ThumbnailTimes
}

/** The name of the first thumbnail. */
export function firstThumbnail(format: JobThumbnails['format']): string {
  return numbered('thumbnail', 0, format)
}

function numbered(name: string, n: number, format: keyof typeof ENDINGS = 'jpeg'): string {
  return `${name}-${String(n + 1).padStart(5, '0')}.${ENDINGS[format]}`
}
