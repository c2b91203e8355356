/**
 * Runs a command with the ffmpeg and the ffprobe of a Debian suite, fetched the first time, and exits with its exit
 * code.
 *
 * node --import tsx test/support/with-ffmpeg.ts sid node --import tsx test/crash/run.ts
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { debianFfmpeg } from './servers/debian-ffmpeg.js'

const [suite, file, ...args] = process.argv.slice(2)
if (suite === undefined || file === undefined) throw new Error('Name a Debian suite and a command')
const found = await debianFfmpeg(suite)
process.stdout.write(`ffmpeg ${found.version} of Debian ${found.suite}, Node ${process.version}\n`)
const child = spawn(file, args, {
  stdio: 'inherit',
  env: { ...process.env, FFMPEG_PATH: found.ffmpegPath, FFPROBE_PATH: found.ffprobePath },
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
process.exitCode = code ?? 128 + constants.signals[signal!]
