import { stat } from 'node:fs/promises'
import { onAbort } from '../../io/async/abort-listeners.js'
import { runTool } from '../child/run-tool.js'
import { type FfmpegVersion, parseVersion } from './version.js'

/** How long a program may take to say which it is, in milliseconds. One that says nothing by then is run unseen. */
const TIMEOUT = 5000

/** More than any build says. */
const MAX_TEXT = 65_536

/** By path: what is known of the file there, or is being asked. */
const readings = new Map<string, VersionReading>()

/**
 * Which ffmpeg (or ffprobe) a binary is: asked once for as long as the file stays the same, however many want to know.
 *
 * @param path - the binary
 * @param env - its environment
 * @param signal - gives up; the question ends with the last who gives up
 * @returns `undefined` for a program that does not say, or not in time
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

/** Asks early, so that nobody waits for the answer later; what goes wrong is for who asks then. */
export async function askAhead(
  locate: () => Promise<{ readonly path: string } | undefined>,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const program = await locate()
    if (program !== undefined) await versionOf(program.path, env, signal)
  } catch {
    // Not there, or given up.
  }
}

/** Changes when the file does: an update of the system, a link to another build. */
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

  /** There will be no answer: nobody waited for it any more, or the program could not be started. */
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
        // Nothing is left of the program when the last one goes.
        await this.#answer
      }
    }
  }
}

/** What the program prints in answer to `-version`, as far as it gets. It is reaped then. */
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
    // It was not to be started: whoever runs it says what is wrong, and the next one asks again.
    if (!enough.signal.aborted) end.abort()
  } finally {
    clearTimeout(timer)
    forget()
  }
  return text
}
