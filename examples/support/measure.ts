import { readFile, readdir, readlink } from 'node:fs/promises'

/** What a run cost this machine. `undefined` where the system does not tell (it is read from Linux's /proc). */
export interface Cost {
  /** Resident set of this process before the run, in bytes: Node itself and the loaded packages. */
  readonly memoryAtStart: number
  /** Largest resident set of this process while it was watched, in bytes. */
  readonly peakMemory: number
  /** Largest resident set of the ffmpeg process, in bytes. */
  readonly ffmpegPeakMemory: number | undefined
  /** Different files seen open for writing, in this process or in ffmpeg, that were not so before the run. */
  readonly filesWritten: number | undefined
  /** Bytes that this process and its ended children made the kernel write to storage. */
  readonly diskBytesWritten: number | undefined
}

/**
 * Watches a run: samples memory and open files of this process and of ffmpeg, and takes the kernel's own account of
 * bytes written to storage, which takes in those of children once they have ended.
 */
export class Measurement {
  /** ffmpeg's process id, as soon as it is known. */
  ffmpegPid: number | undefined
  readonly #atStart = process.memoryUsage.rss()
  #peak = 0
  #ffmpegPeak: number | undefined
  #openBefore = new Set<string>()
  #written: Set<string> | undefined
  #diskBefore: number | undefined
  #timer: NodeJS.Timeout | undefined

  static async start(): Promise<Measurement> {
    const measurement = new Measurement()
    measurement.#diskBefore = await diskBytesWritten()
    if (measurement.#diskBefore !== undefined) {
      // A terminal's log, or whatever this process's own output was sent to.
      measurement.#openBefore = new Set(await filesOpenForWriting(process.pid))
      measurement.#written = new Set()
    }
    measurement.#timer = setInterval(() => void measurement.#sample(), 20)
    return measurement
  }

  async stop(): Promise<Cost> {
    clearInterval(this.#timer)
    await this.#sample()
    const after = await diskBytesWritten()
    return {
      memoryAtStart: this.#atStart,
      peakMemory: this.#peak,
      ffmpegPeakMemory: this.#ffmpegPeak,
      filesWritten: this.#written?.size,
      diskBytesWritten:
        after === undefined || this.#diskBefore === undefined ? undefined : after - this.#diskBefore,
    }
  }

  async #sample(): Promise<void> {
    this.#peak = Math.max(this.#peak, process.memoryUsage.rss())
    for (const pid of [process.pid, this.ffmpegPid]) {
      if (pid === undefined || this.#written === undefined) continue
      for (const file of await filesOpenForWriting(pid)) {
        if (!this.#openBefore.has(file)) this.#written.add(file)
      }
    }
    if (this.ffmpegPid === undefined) return
    const status = await readFile(`/proc/${this.ffmpegPid}/status`, 'utf8').catch(() => '')
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
    if (peak !== undefined) this.#ffmpegPeak = Number(peak) * 1024
  }
}

async function diskBytesWritten(): Promise<number | undefined> {
  const io = await readFile('/proc/self/io', 'utf8').catch(() => '')
  const bytes = /^write_bytes: (\d+)/m.exec(io)?.[1]
  return bytes === undefined ? undefined : Number(bytes)
}

/** Regular files that a process has open for writing. Pipes, sockets and terminals are none. */
async function filesOpenForWriting(pid: number): Promise<string[]> {
  const files: string[] = []
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    if (!target.startsWith('/') || target.startsWith('/dev/') || target.startsWith('/proc/')) continue
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '')
    const flags = Number.parseInt(/^flags:\s+([0-7]+)/m.exec(info)?.[1] ?? '0', 8)
    if ((flags & 3) !== 0) files.push(target)
  }
  return files
}
