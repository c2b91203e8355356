import { readFile, readdir, readlink, stat } from 'node:fs/promises'

/** The cost of a run on this machine. `undefined` where the system has no such figure (the source is Linux's /proc). */
export interface Cost {
  /** Resident set of this process before the run, in bytes: Node itself and the loaded packages. */
  readonly memoryAtStart: number
  /** Peak resident set of this process during the run, in bytes. */
  readonly peakMemory: number
  /** Peak resident set of the ffmpeg process, in bytes. */
  readonly ffmpegPeakMemory: number | undefined
  /** Paths of the files opened for writing during the run, by this process or ffmpeg. */
  readonly filesWritten: readonly string[] | undefined
  /** Bytes that the kernel wrote to storage for this process and its ended children. */
  readonly diskBytesWritten: number | undefined
}

/**
 * Watches a run: samples memory and open files of this process and of ffmpeg, and reads the kernel's count of bytes
 * written to storage, which includes children once they have ended.
 */
export class Measurement {
  /** ffmpeg's process id, once known. */
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
      // A terminal log, or the file that this process's own output goes to.
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
      filesWritten: this.#written && [...this.#written],
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

/** Regular files that a process has open for writing: no pipes, sockets or terminals. */
export async function filesOpenForWriting(pid: number): Promise<string[]> {
  const files: string[] = []
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    if (!path.startsWith('/') || path.startsWith('/dev/') || path.startsWith('/proc/')) continue
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '')
    const flags = Number.parseInt(/^flags:\s+([0-7]+)/m.exec(info)?.[1] ?? '0', 8)
    if ((flags & 3) === 0) continue
    // Between the two, a file that was read may have been closed, and a socket have got its number. Linux before 5.14
    // has no inode there.
    const inode = /^ino:\s+(\d+)/m.exec(info)?.[1]
    const file = await stat(path).catch(() => undefined)
    if (inode === undefined || file === undefined || file.ino === Number(inode)) files.push(path)
  }
  return files
}
