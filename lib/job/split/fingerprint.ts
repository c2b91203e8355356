import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { PlanError } from '../../errors.js'
import { locateFfmpeg } from '../../ffmpeg/binary/locate-ffmpeg.js'
import { childEnvironment } from '../../ffmpeg/child/environment.js'
import { runTool } from '../../ffmpeg/child/run-tool.js'

/**
 * Identifies an encoder, whose bytes depend on the build of ffmpeg and on the encoder's library. `ffmpeg -version` does
 * not report that library; one encoded frame does. Pieces from different encoders may join without an error, but show
 * corrupt frames.
 */
export interface Fingerprint {
  /** ffmpeg's own name for its version: `7.1.5-0+deb13u1`. */
  readonly ffmpeg: string
  /** SHA-256 of the output of `ffmpeg -version`: configuration and libraries. */
  readonly build: string
  /** The version of the encoder's library, or of several, separated by `, `; empty if it reports none. */
  readonly encoder: string
}

/** The version of the library, in the output of an encoder or in the log. */
const VERSIONS: Readonly<Record<string, RegExp>> = {
  libx264: /x264 - (core \d+(?: r\d+)?(?: [0-9a-f]{6,})?)/,
  libx265: /x265 \[info\]: HEVC encoder version (\S+)/,
  'libvpx-vp9': /\[libvpx-vp9 @ [^\]]+\] (v\d\S*)/,
  'libaom-av1': /\[libaom-av1 @ [^\]]+\] (v?\d\S*)/,
  libsvtav1: /SVT-AV1 Encoder Lib (v\S+)/,
}

const PICTURE = [
  '-hide_banner',
  '-nostdin',
  '-f',
  'lavfi',
  '-i',
  'color=s=128x128:r=25:d=0.2',
  '-frames:v',
  '1',
]
const TO_PIPE = ['-f', 'mp4', '-movflags', 'empty_moov', 'pipe:1']

/** The ffmpeg of a machine. */
export interface FfmpegBuild {
  readonly ffmpegPath?: string | undefined
  /** Variables added to its environment: they may choose its libraries. */
  readonly env?: Record<string, string> | undefined
}

const known = new Map<string, Promise<Fingerprint>>()

/**
 * The fingerprint of an encoder on this machine, or of several, determined once for each build.
 *
 * @param encoders - ffmpeg's names
 * @param build - the options of a step
 * @throws `FfmpegError` `AVIO_ERR_FFMPEG_NOT_FOUND`; `PlanError` `AVIO_ERR_PLAN_OTHER_FFMPEG` for an ffmpeg
 *   that can't encode with one of them
 */
export async function fingerprintOf(
  encoders: string | readonly string[],
  build: FfmpegBuild = {},
): Promise<Fingerprint> {
  if (typeof encoders === 'string') return await ofOne(encoders, build)
  const all = await Promise.all(encoders.map(encoder => ofOne(encoder, build)))
  return { ...all[0]!, encoder: all.map(({ encoder }) => encoder).join(', ') }
}

async function ofOne(encoder: string, { ffmpegPath, env = {} }: FfmpegBuild): Promise<Fingerprint> {
  const { path } = await locateFfmpeg(ffmpegPath)
  const { dev, ino, size, mtimeMs } = await stat(path)
  const key = [path, dev, ino, size, mtimeMs, encoder, JSON.stringify(env)].join('\n')
  let asked = known.get(key)
  if (asked === undefined) {
    asked = ask(path, encoder, childEnvironment(env))
    known.set(key, asked)
    asked.catch(() => known.delete(key))
  }
  return await asked
}

/**
 * The build of ffmpeg on this machine, without asking for an encoder.
 *
 * @throws `FfmpegError` `AVIO_ERR_FFMPEG_NOT_FOUND`
 */
export async function buildOf({
  ffmpegPath,
  env = {},
}: FfmpegBuild): Promise<Pick<Fingerprint, 'ffmpeg' | 'build'>> {
  const { path } = await locateFfmpeg(ffmpegPath)
  return buildFrom((await textOf(path, childEnvironment(env), ['-version'])).text)
}

function buildFrom(version: string): Pick<Fingerprint, 'ffmpeg' | 'build'> {
  return {
    ffmpeg: /^ffmpeg version (\S+)/.exec(version)?.[1] ?? '',
    build: createHash('sha256').update(version).digest('hex'),
  }
}

async function ask(path: string, encoder: string, env: Record<string, string>): Promise<Fingerprint> {
  const { text: version } = await textOf(path, env, ['-version'])
  const { text, isWell } = await textOf(path, env, [...PICTURE, '-c:v', encoder, ...TO_PIPE])
  if (!isWell) {
    const reason = text.trim().split('\n').at(-1) ?? ''
    throw new PlanError('AVIO_ERR_PLAN_OTHER_FFMPEG', `"${path}" can't encode with ${encoder}: ${reason}`)
  }
  return {
    ...buildFrom(version),
    encoder: VERSIONS[encoder]?.exec(text)?.[1] ?? '',
  }
}

async function textOf(
  path: string,
  env: Record<string, string>,
  args: readonly string[],
): Promise<{ text: string; isWell: boolean }> {
  let text = ''
  const add = (chunk: Buffer) => {
    text += chunk.toString('latin1')
    return true
  }
  const exit = await runTool({ path, args, env }, { onStdout: add, onStderr: add })
  return { text, isWell: exit.code === 0 }
}

/** Whether the pieces of two workers can be joined. */
export function isSameEncoder(a: Fingerprint, b: Fingerprint): boolean {
  return a.build === b.build && a.encoder === b.encoder
}

/**
 * Fails a step on a machine with another encoder, before it reads anything.
 *
 * @param wanted - the fingerprint in the plan; `undefined` accepts any build that has the encoder
 * @throws `PlanError` `AVIO_ERR_PLAN_OTHER_FFMPEG`
 */
export async function checkFingerprint(
  wanted: Fingerprint | undefined,
  encoders: string | readonly string[],
  build: FfmpegBuild,
): Promise<Fingerprint> {
  const own = await fingerprintOf(encoders, build)
  if (wanted === undefined || isSameEncoder(own, wanted)) return own
  const names = [encoders].flat().join(', ')
  throw new PlanError(
    'AVIO_ERR_PLAN_OTHER_FFMPEG',
    `The plan was made for ffmpeg ${wanted.ffmpeg} with ${names} ${wanted.encoder}; this machine has another ` +
      `build: ${own.ffmpeg} with ${names} ${own.encoder}. Give the piece to a worker with the same build.`,
  )
}
