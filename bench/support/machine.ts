import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { firstVersion } from './peers.js'
import { FFMPEG } from './remux-ways.js'
import type { Origin } from './results.js'
import { treeCpu } from './tree-cpu.js'

const execute = promisify(execFile)
/** Ticks per second in `/proc`. */
const TICKS = 100
/** Above this share of a core, other processes change what is measured. */
const BUSY = 0.1

/** CPU seconds that all processes of the machine have used; undefined if it has more cores than this process sees. */
export function machineCpu(stat: string, cores: number): number | undefined {
  const [total = ''] = stat.split('\n')
  const seen = stat.match(/^cpu\d+ /gm)?.length
  if (seen !== cores || !total.startsWith('cpu ')) return undefined
  // user nice system idle iowait irq softirq steal; guest time is in user time already (proc_stat(5)).
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = total
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS
}

function usedByAll(): number | undefined {
  try {
    return machineCpu(readFileSync('/proc/stat', 'latin1'), cpus().length)
  } catch {
    return undefined
  }
}

/**
 * The cores that others used on average.
 *
 * @param used - their CPU seconds, in ticks of 10 ms for each core
 * @param seconds - within that time; under a second, the ticks are too coarse to tell
 */
export function coresOf(used: number, seconds: number): number | undefined {
  return seconds < 1 ? undefined : Number((Math.max(0, used) / seconds).toFixed(2))
}

/** Watches how busy others keep the machine, until asked: in cores, on average. */
export function watchOthers(): () => number | undefined {
  const [all, own, started] = [usedByAll(), treeCpu(), performance.now()]
  return () => {
    const now = usedByAll()
    if (all === undefined || now === undefined) return undefined
    const seconds = (performance.now() - started) / 1000
    return coresOf(now - all - (treeCpu() - own), seconds)
  }
}

/** Whether other processes had a share in a measurement; unknown counts as busy. */
export function isBusy({ others }: Pick<Origin, 'others'>): boolean {
  return others === undefined || others > BUSY
}

/** Where a measurement takes place. */
export async function originOf(rounds: number, quick: boolean, others: number | undefined): Promise<Origin> {
  const [head, changes, ffmpeg] = await Promise.all([
    execute('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname }),
    execute('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: import.meta.dirname }),
    execute(FFMPEG, ['-version']),
  ])
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: head.stdout.trim() + (changes.stdout === '' ? '' : '+'),
    ...{ node: process.version, ffmpeg: firstVersion(ffmpeg.stdout) },
    ...{ cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), memory: totalmem() },
    ...{ rounds, quick, others },
  }
}
