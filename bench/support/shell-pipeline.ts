import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { peakOf } from './contender-process.js'
import { childCpu } from './tree-cpu.js'
import type { Moved } from './topic.js'

/** Programs joined by a shell: a reader, ffmpeg, a writer. */
export interface ShellPipeline {
  readonly read: readonly string[]
  readonly ffmpeg: readonly string[]
  readonly write: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

const SAMPLE = 50

/**
 * Runs `read | ffmpeg | write` as a shell does, and tells what the programs beside ffmpeg took. ffmpeg reports its own CPU
 * time (`-benchmark`).
 *
 * @throws if one of the three fails
 */
export async function runShellPipeline({
  read,
  ffmpeg,
  write,
  env,
}: ShellPipeline): Promise<Omit<Moved, 'bytes'>> {
  const before = childCpu()
  // The words come as arguments, so that nothing needs quotes: "$@" split at the marks.
  const script = [
    'set -o pipefail',
    'read=(); while [ "$1" != -- ]; do read+=("$1"); shift; done; shift',
    'ffmpeg=(); while [ "$1" != -- ]; do ffmpeg+=("$1"); shift; done; shift',
    '"${read[@]}" | "${ffmpeg[@]}" 2>&3 | "$@" >&2',
  ].join('\n')
  const args = ['-c', script, 'bash', ...read, '--', ...ffmpeg, '--', ...write]
  const child = spawn('bash', args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const peaks = new Map<string, number>()
  const sampling = setInterval(() => samplePeaks(child.pid!, peaks), SAMPLE)
  const said = [text(child.stderr!), text(child.stdio[3] as Readable)]
  const [code] = (await once(child, 'close')) as [number | null]
  clearInterval(sampling)
  const [stderr = '', log = ''] = await Promise.all(said)
  if (code !== 0) throw new Error(`The pipeline exited with ${String(code)}: ${stderr}${log}`)
  return {
    helperCpu: childCpu() - before - ffmpegCpu(log),
    helperMemory: [...peaks.values()].reduce((sum, peak) => sum + peak, 0),
  }
}

/** CPU seconds, user and system, in the last report of ffmpeg's `-benchmark`. */
export function ffmpegCpu(log: string): number {
  const [, user, system] = [...log.matchAll(/bench: utime=([\d.]+)s stime=([\d.]+)s/g)].at(-1) ?? []
  if (user === undefined || system === undefined) throw new Error(`ffmpeg reports no CPU time:\n${log}`)
  return Number(user) + Number(system)
}

/** Keeps the peak memory of each of the shell's children but ffmpeg. The kernel's peaks only grow, so samples do. */
function samplePeaks(shell: number, peaks: Map<string, number>): void {
  const pids = readProc(`${shell}/task/${shell}/children`).trim().split(' ')
  for (const pid of pids.filter(pid => pid !== '')) {
    const status = readProc(`${pid}/status`)
    if (!/^Name:\s*(ffmpeg|bash)$/m.test(status))
      peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(status)))
  }
}

/** A file of `/proc`; nothing once its process has ended. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return ''
  }
}
