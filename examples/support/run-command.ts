import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { S3ClientConfig } from '@aws-sdk/client-s3'

/** The file that `npx avio-streams` runs. */
function commandFile(): string {
  const require = createRequire(import.meta.url)
  const path = require.resolve('avio-streams/package.json')
  const { bin } = require(path) as { bin: Readonly<Record<string, string>> }
  return join(dirname(path), bin['avio-streams']!)
}

/**
 * Prints a command line, and runs it against a store on loopback. Fails unless it ends with the exit code 0.
 *
 * @param words - those after `avio-streams`
 * @param config - the store
 */
export async function runCommand(
  words: readonly string[],
  config: S3ClientConfig,
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, credentials, region } = config as {
    endpoint: string
    credentials: { accessKeyId: string; secretAccessKey: string }
    region: string
  }
  signal.throwIfAborted()
  console.log(`\n$ npx avio-streams ${words.join(' ')}`)
  const own = ['--endpoint', endpoint, '--path-style']
  const child = spawn(process.execPath, [commandFile(), ...own, ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
    },
  })
  // Ctrl-C on a terminal has reached it already; it leaves nothing behind.
  const interrupt = () => void child.kill('SIGINT')
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`avio-streams ended with the exit code ${code}.`)
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
}
