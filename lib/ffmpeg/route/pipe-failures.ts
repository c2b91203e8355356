import { FfmpegError } from '../../errors.js'
import { KiB } from '../../options.js'
import type { FfmpegVersion } from '../binary/version.js'

/**
 * Containers that an ffmpeg is known to fail on when they come by a pipe: it is not asked, since what it says of its
 * failure helps nobody. `test/sweep` holds each row to each ffmpeg of CI: one that has learnt to read it is let.
 */

interface PipeFailure {
  /** What the input is: a clause to be put behind its name. */
  readonly is: string
  readonly demuxers: string
  /** What it begins with: any of these. */
  readonly marks: readonly Buffer[]
  /** What else has to be true of the first bytes. */
  readonly when?: (head: Buffer) => boolean
  /** Bytes that tell that; 1 KiB, unless it says fewer. */
  readonly enough?: number
  /** Bytes that it may have and still be read: ffmpeg goes back within what it keeps of a pipe. */
  readonly within: number
  /** The first major version of libavformat that is known to fail; without it, the oldest that is run. */
  readonly from?: number
  /** The last one. */
  readonly until: number
}

const hex = (...marks: string[]) => marks.map(mark => Buffer.from(mark.replaceAll(' ', ''), 'hex'))
const word = (head: Buffer, at: number) => head.toString('latin1', at, at + 4)

/** What ffmpeg keeps of a pipe while it finds out what comes. */
const KEPT = 64 * KiB
/** A picture without a parser is read in pieces of this size, of which each is taken for a picture. */
const PICTURE = 4 * KiB

const FAILURES: readonly PipeFailure[] = [
  {
    is: 'a GIF of more than 64 KiB, in which it goes back to its beginning',
    ...{ demuxers: 'gif', marks: hex('47494638'), within: KEPT, until: 59 },
  },
  {
    is: 'an APNG that loops, in which it goes back to the first picture',
    ...{ demuxers: 'apng', marks: hex('89504e47 0d0a1a0a'), when: isLooping, within: KEPT, until: 61 },
  },
  {
    is: 'a WTV recording, whose tables lie anywhere in it',
    ...{ demuxers: 'wtv', marks: hex('b7d80020 3749da11 a64e0007 e95ead8d'), within: 0, until: Infinity },
  },
  {
    is: 'a CAF file whose packet table lies behind its media',
    ...{ demuxers: 'caf', marks: hex('63616666'), when: isPacketed, within: 0, until: Infinity },
  },
  {
    is: 'an AVIF picture of more than 64 KiB, in which it goes back from the end to the media',
    ...{ demuxers: 'mov mp4', marks: hex('000000'), when: isStill, enough: 12 },
    ...{ within: KEPT, from: 60, until: Infinity },
  },
  picture('a TIFF', 'tiff_pipe', hex('49492a00', '4d4d002a')),
  picture('an OpenEXR picture', 'exr_pipe', hex('762f3101')),
  picture('an SGI picture', 'sgi_pipe', hex('01da')),
  picture('a Sun raster picture', 'sunrast_pipe', hex('59a66a95')),
  picture('a JPEG XL picture', 'jpegxl_pipe', hex('ff0a', '0000000c 4a584c20 0d0a870a'), 59),
]

function picture(is: string, demuxers: string, marks: readonly Buffer[], until = Infinity): PipeFailure {
  return {
    is: `${is}, which it takes for one in each piece that comes`,
    demuxers,
    marks,
    within: PICTURE,
    until,
  }
}

/** PNG §11.3.5 (acTL): the number of plays, 1 for once, stands in the second word. */
function isLooping(head: Buffer): boolean {
  const at = head.indexOf('acTL')
  return at > 0 && at < KiB && head.length >= at + 12 && head.readUInt32BE(at + 8) !== 1
}

/** Core Audio Format: `desc` names the codec; packets of one size need no table. */
function isPacketed(head: Buffer): boolean {
  const isConstant = ['lpcm', 'alaw', 'ulaw', 'ima4'].includes(word(head, 28))
  return word(head, 8) === 'desc' && !isConstant && !head.includes('pakt')
}

/**
 * ISO/IEC 23008-12 §10.2: one picture, as an item; a sequence of them (`avis`) has an index as well, and is read in
 * order.
 */
function isStill(head: Buffer): boolean {
  return word(head, 4) === 'ftyp' && ['avif', 'mif1'].includes(word(head, 8))
}

/** What is asked about. */
interface PipedHead {
  readonly format: string | undefined
  /** The first bytes: as many as {@link failureBytes} wants, or all there are. */
  readonly head: Buffer
  /** What a pipe can't bring of it: a clause to be put behind its name. */
  readonly lost?: string | undefined
}

function failureOf({ format, head }: PipedHead): PipeFailure | undefined {
  return rowsOf(format).find(
    ({ marks, when }) =>
      marks.some(mark => head.subarray(0, mark.length).equals(mark)) && (when === undefined || when(head)),
  )
}

function rowsOf(format: string | undefined): readonly PipeFailure[] {
  const names = format?.toLowerCase().split(',')
  return FAILURES.filter(({ demuxers }) => names === undefined || names.includes(demuxers))
}

/** Bytes of a head that are enough to tell each row: an `acTL` may stand behind chunks of color. */
const ENOUGH = KiB

/**
 * How many bytes of a head are wanted to tell whether ffmpeg may fail on it: none where it begins as nothing that is
 * listed.
 */
export function failureBytes(head: Buffer, format: string | undefined): number {
  const rows = rowsOf(format).filter(
    ({ marks, when, enough = ENOUGH }) =>
      marks.some(mark => head.subarray(0, mark.length).equals(mark.subarray(0, head.length))) &&
      (head.length < enough || when === undefined || when(head)),
  )
  const wanted = rows.map(({ within, enough = ENOUGH }) => (head.length < enough ? enough : within + 1))
  return Math.max(0, ...wanted)
}

/**
 * What is to be said of an input before ffmpeg gets it by a pipe; nothing where all is well.
 *
 * @param name - what errors call it
 * @param version - which ffmpeg it is, where it says so
 * @throws {@link FfmpegError} `AVIO_ERR_INPUT_NEEDS_SEEK`, where this ffmpeg is known to fail
 */
export function checkPipe(input: PipedHead, name = 'The input', version?: FfmpegVersion): string | undefined {
  const failure = failureOf(input)
  const major = version?.libavformat[0] ?? Infinity
  const { within = 0, from = 0, until = 0 } = failure ?? {}
  if (failure !== undefined && input.head.length > within && major >= from && major <= until) {
    const which = version ? `ffmpeg ${version.name}` : 'ffmpeg'
    const remedy =
      'Store it first, then transcode the object: pipe S3RangeReadable straight into the stage, or name a source in ' +
      '"input.source" of FfmpegReadable.'
    throw needsSeek(`${name} is ${failure.is}: ${which} can't read that from a pipe. ${remedy}`)
  }
  if (input.lost === undefined) return undefined
  return (
    `${name} ${input.lost}. On a pipe ffmpeg can't jump there, so something may be missing or wrong. To have it all, ` +
    'store it first, and pipe S3RangeReadable straight into the stage.'
  )
}

/**
 * What is to be said of an input that a tool has failed on, where it is one of those that some version can't read from
 * a pipe.
 *
 * @param cause - what it failed with
 */
export function pipeFailure(input: PipedHead, cause: unknown): FfmpegError | undefined {
  const failure = failureOf(input)
  if (failure === undefined || input.head.length <= failure.within) return undefined
  const what = `The input is ${failure.is}: this ffmpeg can't read that from a pipe.`
  return needsSeek(`${what} Store it first, then probe the object.`, cause)
}

function needsSeek(message: string, cause?: unknown): FfmpegError {
  const options = cause === undefined ? undefined : { cause }
  return new FfmpegError('AVIO_ERR_INPUT_NEEDS_SEEK', message, { bytesIn: 0, bytesOut: 0 }, options)
}
