import { stat } from 'node:fs/promises'
import { onAbort } from '../../io/async/abort-listeners.js'
import { dieWithParent } from '../child/parent-death-signal.js'
import { runTool } from '../child/run-tool.js'
import { type FfmpegVersion, parseVersion } from './version.js'

/** Time limit for a program's version, in milliseconds. Without an answer it runs unchecked. */
const TIMEOUT = 5000

/** No build prints more. */
const MAX_TEXT = 65_536

/** The known or pending result for each path. */
const readings = new Map<string, VersionReading>()

/**
 * The version of an ffmpeg (or ffprobe) binary: asks once until the file changes, however many callers there are.
 *
 * @param path - the binary
 * @param env - its environment
 * @param signal - gives up; the program ends when the last caller gives up
 * @returns `undefined` for a program that does not answer in time
 * @throws the reason of the signal
 */
export async function versionOf(
  path: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<FfmpegVersion | undefined> {
  const identity = await identityOf(path)
  signal.throwIfAborted()
  const known = readings.get(path)
  const isKnown = known?.identity === identity && !known.isGivenUp
  const reading = isKnown ? known : new VersionReading(path, identity, env)
  readings.set(path, reading)
  return await reading.answer(signal)
}

/**
 * Asks in advance, so that nobody waits for the answer later; ignores errors, which the later caller meets.
 *
 * @param prefix - finds the command that starts every program, at the same time
 */
export async function askAhead(
  locate: () => Promise<{ readonly path: string } | undefined>,
  env: Record<string, string>,
  signal: AbortSignal,
  prefix: () => Promise<unknown> = dieWithParent,
): Promise<void> {
  const version = async () => {
    const program = await locate()
    if (program !== undefined) await versionOf(program.path, env, signal)
  }
  // Errors: no such program, no room for one, or given up.
  await Promise.allSettled([prefix(), version()])
}

/** Changes with the file: a system update, a link to another build. */
async function identityOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path)
  return [dev, ino, size, mtimeMs].join(':')
}

class VersionReading {
  readonly identity: string
  readonly #answer: Promise<FfmpegVersion | undefined>
  readonly #end = new AbortController()
  #waiting = 0
  #isOver = false

  constructor(path: string, identity: string, env: Record<string, string>) {
    this.identity = identity
    this.#answer = ask(path, env, this.#end).then(text => {
      this.#isOver = true
      return parseVersion(text)
    })
  }

  /** No answer will come: every caller gave up, or the program could not start. */
  get isGivenUp(): boolean {
    return this.#end.signal.aborted
  }

  async answer(signal: AbortSignal): Promise<FfmpegVersion | undefined> {
    this.#waiting++
    let forget!: () => void
    const givenUp = new Promise<never>((_resolve, reject) => {
      forget = onAbort(signal, () => reject(signal.reason as Error))
    })
    try {
      return await Promise.race([this.#answer, givenUp])
    } finally {
      forget()
      this.#waiting--
      if (this.#waiting === 0 && !this.#isOver) {
        this.#end.abort()
        // The program is gone when the last caller leaves.
        await this.#answer
      }
    }
  }
}

/** Returns the program's output for `-version`, as far as it arrives, and reaps the program. */
async function ask(path: string, env: Record<string, string>, end: AbortController): Promise<string> {
  let text = ''
  const enough = new AbortController()
  const stop = () => enough.abort()
  const timer = setTimeout(stop, TIMEOUT)
  const forget = onAbort(end.signal, stop)
  const onStdout = (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (text.length > MAX_TEXT) stop()
  }
  const command = { path, args: ['-version'], env, maxOutput: Infinity, killTimeout: 0 }
  try {
    await runTool({ ...command, signal: enough.signal }, { onStdout })
  } catch {
    // The program could not start: running it reports the problem, and the next caller asks again.
    if (!enough.signal.aborted) end.abort()
  } finally {
    clearTimeout(timer)
    forget()
  }
  return text
}
