import { FfmpegError } from '../../errors.js'
import { KiB } from '../../options.js'
import { LET_IT_SEEK } from '../input/input-errors.js'
import type { FfmpegVersion } from '../binary/version.js'

/**
 * Containers that an ffmpeg is known to fail on when they are piped. ffmpeg is not run on them, since its own error
 * would not help. `test/sweep` checks each row with each ffmpeg of CI: a version that has learnt to read a container is
 * allowed to.
 */

interface PipeFailure {
  /** Describes the input: a clause to follow its name. */
  readonly is: string
  readonly demuxers: string
  /** Its first bytes: any of these. */
  readonly marks: readonly Buffer[]
  /** A further condition on the first bytes. */
  readonly when?: (head: Buffer) => boolean
  /** Bytes needed for the condition; 1 KiB by default. */
  readonly enough?: number
  /** Largest size that still works, in bytes: ffmpeg can seek back within its buffer of a pipe. */
  readonly within: number
  /** The first major version of libavformat known to fail; by default the oldest supported one. */
  readonly from?: number
  /** The last major version known to fail. */
  readonly until: number
}

const hex = (...marks: string[]) => marks.map(mark => Buffer.from(mark.replaceAll(' ', ''), 'hex'))
const word = (head: Buffer, at: number) => head.toString('latin1', at, at + 4)

/** Bytes of a pipe that ffmpeg buffers while it probes the format. */
const KEPT = 64 * KiB
/** ffmpeg reads an image without a parser in pieces of this size, and takes each for an image. */
const IMAGE_PIECE = 4 * KiB

const FAILURES: readonly PipeFailure[] = [
  {
    is: 'a GIF of more than 64 KiB, which needs a seek back to its beginning',
    ...{ demuxers: 'gif', marks: hex('47494638'), within: KEPT, until: 59 },
  },
  {
    is: 'an APNG that loops, which needs a seek back to the first frame',
    ...{ demuxers: 'apng', marks: hex('89504e47 0d0a1a0a'), when: isLooping, within: KEPT, until: 61 },
  },
  {
    is: 'a WTV recording, whose tables can be anywhere in the file',
    ...{ demuxers: 'wtv', marks: hex('b7d80020 3749da11 a64e0007 e95ead8d'), within: 0, until: Infinity },
  },
  {
    is: 'a CAF file with its packet table after the media',
    ...{ demuxers: 'caf', marks: hex('63616666'), when: isPacketed, within: 0, until: Infinity },
  },
  {
    is: 'an AVIF image of more than 64 KiB, which needs a seek back from the end to the media',
    ...{ demuxers: 'mov mp4', marks: hex('000000'), when: isStill, enough: 12 },
    ...{ within: KEPT, from: 60, until: Infinity },
  },
  image('a TIFF', 'tiff_pipe', hex('49492a00', '4d4d002a')),
  image('an OpenEXR image', 'exr_pipe', hex('762f3101')),
  image('an SGI image', 'sgi_pipe', hex('01da')),
  image('a Sun raster image', 'sunrast_pipe', hex('59a66a95')),
  image('a JPEG XL image', 'jpegxl_pipe', hex('ff0a', '0000000c 4a584c20 0d0a870a'), 59),
]

function image(is: string, demuxers: string, marks: readonly Buffer[], until = Infinity): PipeFailure {
  return {
    is: `${is} of more than 4 KiB, of which ffmpeg reads each piece as a whole image`,
    demuxers,
    marks,
    within: IMAGE_PIECE,
    until,
  }
}

/** PNG §11.3.5 (acTL): the second word is the number of plays, 1 for once. */
function isLooping(head: Buffer): boolean {
  const at = head.indexOf('acTL')
  return at > 0 && at < KiB && head.length >= at + 12 && head.readUInt32BE(at + 8) !== 1
}

/** Core Audio Format: `desc` names the codec; packets of one size need no table. */
function isPacketed(head: Buffer): boolean {
  const isConstant = ['lpcm', 'alaw', 'ulaw', 'ima4'].includes(word(head, 28))
  return word(head, 8) === 'desc' && !isConstant && !head.includes('pakt')
}

/** ISO/IEC 23008-12 §10.2: one image, as an item; a sequence (`avis`) also has an index, and can be read in order. */
function isStill(head: Buffer): boolean {
  return word(head, 4) === 'ftyp' && ['avif', 'mif1'].includes(word(head, 8))
}

/** The head of a piped input. */
interface PipedHead {
  readonly format: string | undefined
  /** The first bytes: as many as {@link failureBytes} asks for, or all there are. */
  readonly head: Buffer
  /** What a pipe can't deliver: a clause to follow the input's name. */
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

/** Bytes of a head that identify any row: an `acTL` may follow chunks of color data. */
const ENOUGH = KiB

/** The number of bytes of a head needed to decide whether ffmpeg may fail on it: none if it matches no row. */
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
 * Checks an input before it is piped to ffmpeg; returns a warning, or `undefined` if there is none.
 *
 * @param name - its name in errors
 * @param version - the version of ffmpeg, if known
 * @throws {@link FfmpegError} `AVIO_ERR_INPUT_NEEDS_SEEK`, if this ffmpeg is known to fail
 */
export function checkPipe(input: PipedHead, name = 'The input', version?: FfmpegVersion): string | undefined {
  const failure = failureOf(input)
  const major = version?.libavformat[0] ?? Infinity
  const { within = 0, from = 0, until = 0 } = failure ?? {}
  if (failure !== undefined && input.head.length > within && major >= from && major <= until) {
    const which = version ? `ffmpeg ${version.name}` : 'ffmpeg'
    throw needsSeek(`${name} is ${failure.is}: ${which} can't read this from a pipe. ${LET_IT_SEEK}.`)
  }
  if (input.lost === undefined) return undefined
  return (
    `${name} ${input.lost}. ffmpeg can't seek there on a pipe, so the result may be incomplete or wrong. ` +
    `${LET_IT_SEEK}.`
  )
}

/**
 * The error for an input on which a tool has failed, if some version of it can't read this container from a pipe.
 *
 * @param cause - the tool's error
 */
export function pipeFailure(input: PipedHead, cause: unknown): FfmpegError | undefined {
  const failure = failureOf(input)
  if (failure === undefined || input.head.length <= failure.within) return undefined
  const what = `The input is ${failure.is}: this ffmpeg can't read this from a pipe.`
  return needsSeek(`${what} Store it first, then probe the object.`, cause)
}

function needsSeek(message: string, cause?: unknown): FfmpegError {
  const options = cause === undefined ? undefined : { cause }
  return new FfmpegError('AVIO_ERR_INPUT_NEEDS_SEEK', message, { bytesIn: 0, bytesOut: 0 }, options)
}
