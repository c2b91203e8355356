import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { main } from '../../lib/cli/main.js'
import { LocalS3 } from '../../lib/testing/local-s3.js'
import { ffmpegToPipe } from './media.js'
import { programArgs } from './program.js'

const CLI = fileURLToPath(new URL('../../lib/cli.ts', import.meta.url))

/** How a run of the command ended. */
export interface CliExit {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** A run of the command. */
export interface CliRun {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly exit: Promise<CliExit>
}

/** What the command runs with. */
export interface CliOptions {
  readonly s3?: LocalS3
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** The environment that points a process to a server. */
export function storeEnvironment(s3: LocalS3 | undefined): Record<string, string> {
  if (s3 === undefined) return {}
  const { accessKeyId, secretAccessKey } = s3.credentials
  return {
    AWS_ENDPOINT_URL: s3.endpoint,
    AWS_REGION: s3.clientConfig().region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }
}

/** Starts the command as a process. */
export function startCli(
  words: readonly string[],
  { s3, env = {}, cwd = process.cwd() }: CliOptions = {},
): CliRun {
  const { PATH = '', HOME = '', FFMPEG_PATH, FFPROBE_PATH } = process.env
  const tools = { ...(FFMPEG_PATH && { FFMPEG_PATH }), ...(FFPROBE_PATH && { FFPROBE_PATH }) }
  // The loader is found from the working directory, which is another one here.
  const args = programArgs(CLI).map(arg => (arg === 'tsx' ? import.meta.resolve('tsx') : arg))
  const child = spawn(process.execPath, [...args, ...words], {
    cwd,
    env: { PATH, HOME, ...tools, ...storeEnvironment(s3), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined)
  const exit = Promise.all([buffer(child.stdout), buffer(child.stderr), once(child, 'close')])
  return {
    child,
    exit: exit.then(([stdout, stderr, [code]]) => ({
      code: code as number | null,
      stdout,
      stderr: stderr.toString(),
    })),
  }
}

/** Runs the command to its end. */
export async function runCli(
  words: readonly string[],
  options: CliOptions & { readonly input?: Uint8Array } = {},
): Promise<CliExit> {
  const { child, exit } = startCli(words, options)
  child.stdin.end(options.input)
  return await exit
}

/** Runs the command within this process, which is much faster. All servers of a process have the same credentials. */
export async function runHere(
  words: readonly string[],
  { s3, cwd = '/', input }: CliOptions & { readonly input?: Uint8Array } = {},
): Promise<CliExit> {
  Object.assign(process.env, storeEnvironment(s3))
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(input)
  const context = { stdin, stdout, stderr, cwd, signal: new AbortController().signal }
  const over = main(words, context).finally(() => {
    stdout.end()
    stderr.end()
  })
  const [code, bytes, report] = await Promise.all([over, buffer(stdout), text(stderr)])
  return { code, stdout: bytes, stderr: report }
}

/** The parts of a test that are used here. */
interface Teardown {
  teardown(end: () => Promise<void>): void
}

/** A server with a video of four seconds, `s3://masters/a.mp4`, and an empty bucket `web`. */
export async function storeWithClip(t: Teardown): Promise<{ s3: LocalS3; clip: Buffer }> {
  const clip = await ffmpegToPipe(CLIP)
  const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
  t.teardown(() => s3.close())
  await s3.put('masters', 'a.mp4', clip)
  s3.clearCalls()
  return { s3, clip }
}

const CLIP = [
  ...[
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=25:duration=4',
    '-f',
    'lavfi',
    '-i',
    'sine=duration=4',
  ],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-c:a', 'aac'],
  ...['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4'],
]
