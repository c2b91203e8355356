import type { FfmpegProgress } from './progress.js'

/**
 * The completed share of a run: by media time if the length of its output is known, else by bytes if the size of its
 * input is.
 */
export class PercentDone {
  /** The length of the output in seconds, once it is known. */
  length: number | undefined
  /** The size in bytes of an input that is read whole and once, if it is known. */
  inputSize: number | undefined

  /** The completed share, from 0 to 100; `undefined` if neither is known. */
  percent({ outTime, done }: FfmpegProgress, bytesIn: number): number | undefined {
    // The reported time is the start of the last packet in some versions, its end in others.
    if (done && (this.length ?? this.inputSize) !== undefined) return 100
    if (this.length !== undefined) return share(outTime ?? 0, this.length)
    return this.inputSize === undefined ? undefined : share(bytesIn, this.inputSize)
  }
}

function share(done: number, of: number): number {
  return of <= 0 ? 100 : Math.min(100, Math.max(0, (100 * done) / of))
}
