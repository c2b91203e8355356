import { FfmpegError } from '../../errors.js'
import { MiB } from '../../options.js'
import { meantName } from './meant-name.js'
import { runTool } from '../child/run-tool.js'

/** Time limit for ffmpeg's lists, in milliseconds. Without an answer there is no suggestion. */
const TIMEOUT = 5000

/** `-h full` prints about 1 MiB. */
const MAX_LIST = 8 * MiB

const CODECS = /^ [VAS.][F.][S.][X.][B.][D.] (\S+)/gm
const FORMATS = /^ [D ][E ](?:[d ] )? ?(\S+)(?: |$)/gm
const FILTERS = /^ [A-Z.|]{2,3} (\S+) +\S+->\S+/gm
const PRESETS = 'ultrafast superfast veryfast faster fast medium slow slower veryslow placebo'
const TUNES = 'film animation grain stillimage psnr ssim fastdecode zerolatency'

/** How to find an unknown name in ffmpeg's message, and where to find the known names. */
interface Kind {
  readonly message: RegExp
  /** ffmpeg's arguments, or the names themselves. */
  readonly list: readonly string[] | ((match: RegExpExecArray) => string[])
  /** A row of its output. Without it, `list` holds the names. */
  readonly row?: RegExp
}

const KINDS: readonly Kind[] = [
  { message: /Unknown encoder '([^']+)'/, list: ['-encoders'], row: CODECS },
  { message: /Unknown decoder '([^']+)'/, list: ['-decoders'], row: CODECS },
  { message: /(?:No such filter: '([^']+)'|Filter '([^']+)' not found)/, list: ['-filters'], row: FILTERS },
  // Since version 7 ffmpeg reports only the whole -vf chain.
  { message: /Error parsing filterchain '(?<chain>.+)' around:/, list: ['-filters'], row: FILTERS },
  { message: /Unknown input format: '?([^'\s]+?)'?\.? /, list: ['-demuxers'], row: FORMATS },
  { message: /Requested output format '([^']+)' is not/, list: ['-muxers'], row: FORMATS },
  {
    message: /(?<filter>\w+): Option '(?<name>[^']+)' not found/,
    list: match => ['-h', `filter=${match.groups!['filter']!}`],
    row: /^ +(\w+) +<\w+>/gm,
  },
  {
    message: /(?:Unrecognized option '([^':]+)[^']*'|Option ([\w-]+)\S* not found)/,
    list: ['-h', 'full'],
    row: /^ *-([\w-]+)/gm,
  },
  {
    message: /applying option '(?<name>[^']+)' to filter '(?<filter>\w+)'/,
    list: match => ['-h', `filter=${match.groups!['filter']!}`],
    row: /^ +(\w+) +<\w+>/gm,
  },
  {
    message: /(?:Unknown pixel format requested: ([^\s.]+)|Invalid pixel format '([^']+)')/,
    list: ['-pix_fmts'],
    row: /^[I.][O.][H.][P.][B.] (\S+)/gm,
  },
  { message: /(?:invalid preset '([^']+)'|setting preset\/tune ([^\s/]+)\/)/i, list: PRESETS.split(' ') },
  { message: /invalid tune '([^']+)'/i, list: TUNES.split(' ') },
]

/** The failed tool: ffmpeg or ffprobe. */
export interface FailedTool {
  readonly path: string
  readonly env: Record<string, string>
  /** Gives up, as the time limit does: the original error then stays unchanged. */
  readonly signal: AbortSignal
}

/**
 * Adds the probable name to the error of a run that failed over a misspelt one: the closest name that this ffmpeg
 * lists. It asks ffmpeg only after the failure; if that fails too, the error stays unchanged.
 *
 * @param error - the error of the run
 * @param tool - the tool to ask
 * @returns the same error, or a copy with another message
 */
export async function withSuggestion<E>(error: E, tool: FailedTool): Promise<E | FfmpegError> {
  if (!(error instanceof FfmpegError)) return error
  for (const { message, list, row } of KINDS) {
    const match = message.exec(error.message)
    if (match === null) continue
    const given = typeof list === 'function' ? list(match) : list
    const names = row === undefined ? given : await listed(given, row, tool)
    for (const name of misspelt(match)) {
      const meant = meantName(name, names)
      if (meant !== undefined) return renewed(error, `${error.message} Did you mean "${meant}"?`)
    }
    return error
  }
  return error
}

/** The unknown name; for a chain, the names of all its filters. */
function misspelt(match: RegExpExecArray): string[] {
  const { name, chain } = match.groups ?? {}
  if (chain !== undefined) {
    return chain.split(/[,;]/, 100).flatMap(filter => /^\s*(?:\[[^\]]*\]\s*)*(\w+)/.exec(filter)?.[1] ?? [])
  }
  const found = name ?? match.slice(1).find(group => (group as string | undefined) !== undefined)
  return found === undefined ? [] : [found]
}

/** Names that the tool lists; none if it does not answer. */
async function listed(
  args: readonly string[],
  row: RegExp,
  { path, env, signal }: FailedTool,
): Promise<string[]> {
  const chunks: Buffer[] = []
  try {
    await runTool(
      {
        ...{ path, env, args: ['-hide_banner', ...args], maxOutput: MAX_LIST, killTimeout: 0 },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      },
      { onStdout: chunk => void chunks.push(chunk) },
    )
  } catch {
    return []
  }
  const text = Buffer.concat(chunks).toString('latin1')
  return [...text.matchAll(row)].flatMap(([, names]) => names!.split(','))
}

function renewed(error: FfmpegError, message: string): FfmpegError {
  const { code, exitCode, signal, stderrTail, ffmpegPath, args, bytesIn, bytesOut, cause } = error
  const fields = { exitCode, signal, stderrTail, ffmpegPath, args, bytesIn, bytesOut }
  return new FfmpegError(code, message, fields, cause === undefined ? {} : { cause })
}
