import process from 'node:process'
import { main } from './main.js'
import { SIGNALS } from './report/exit-code.js'

/**
 * Runs the command in this process, and ends the process. The first signal ends the job, which leaves nothing behind; a
 * second one ends the process at once.
 */
export async function start(): Promise<void> {
  // The SDK's warning about an old Node is not part of a job's report.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const over = new AbortController()
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (over.signal.aborted) process.exit(exitCode)
      over.abort(signal)
    })
  }
  const { stdin, stdout, stderr } = process
  // A reader that has gone is told by the write that fails; without a listener, Node would end with a stack.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined)
  const context = { stdin, stdout, stderr, cwd: process.cwd(), signal: over.signal }
  const exitCode = await main(process.argv.slice(2), context)
  // Nothing is under way any more, and standard input may stay open for ever.
  await Promise.all([flushed(stdout), flushed(stderr)])
  process.exit(exitCode)
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.writable) stream.write('', () => resolve())
    else resolve()
  })
}
