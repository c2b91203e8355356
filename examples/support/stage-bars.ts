import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import type {
  FfmpegTransform,
  Fmp4Validator,
  Monitor,
  S3MultipartWritable,
  S3RangeReadable,
} from 'avio-streams'
import { bytes, clock } from './format.js'

/** The four stages of the main job. */
export interface Stages {
  readonly source: S3RangeReadable
  readonly ffmpeg: FfmpegTransform
  readonly validator: Fmp4Validator
  readonly sink: S3MultipartWritable
}

/** A live bar for each stage, drawn from the stages' own events. The stage that the others wait for is marked. */
export class StageBars {
  readonly #bars = new MultiBar(
    {
      format: ' {stage} {bar} {text}{mark}',
      barsize: 30,
      hideCursor: true,
      clearOnComplete: false,
      // Not a terminal: print the state every few seconds instead of drawing.
      noTTYOutput: true,
      notTTYSchedule: 5000,
      emptyOnZero: true,
    },
    Presets.shades_classic,
  )

  /** @param watch - a monitor of the four stages, in this order */
  constructor(title: string, { source, ffmpeg, validator, sink }: Stages, watch: Monitor) {
    this.#bars.log(`${title}\n`)
    const read = this.#add('read  ')
    const encode = this.#add('ffmpeg')
    const check = this.#add('check ')
    const write = this.#add('write ')
    const bars = [read, encode, check, write]

    const drawRead = (done: number, total: number) =>
      draw(read, total === 0 ? 1 : done / total, `${bytes(done)} of ${bytes(total)}`)
    source.on('progress', progress => drawRead(progress.bytes, progress.total))
    // An input that can't be read in order is read by range, and the reader stands still.
    let isSeeking = false
    ffmpeg.on('seek', () => (isSeeking = true))
    ffmpeg.on('progress', progress => {
      if (isSeeking) draw(read, (progress.percent ?? 0) / 100, `${bytes(progress.bytesIn ?? 0)} by range`)
      const share = (progress.percent ?? 0) / 100
      const speed = progress.speed === undefined ? '' : ` at ${progress.speed.toFixed(1)} × real time`
      const { eta = 0 } = progress
      const left = eta > 0 ? `, ${clock(eta)} left` : ''
      draw(encode, share, `${clock(progress.outTime ?? 0)}${speed}${left}`)
      const { bottleneck } = watch.snapshot()
      const busy = Math.round((bottleneck?.busy ?? 0) * 100)
      for (const [n, bar] of bars.entries())
        bar.update({ mark: bottleneck?.index === n ? `  bottleneck, ${busy} % busy` : '' })
      // The stages after ffmpeg are as far as ffmpeg.
      check.update(share)
      write.update(share)
    })
    let fragments = 0
    validator.on('fragment', fragment => {
      check.update({ text: `${++fragments} fragments, ${bytes(fragment.byteOffset + fragment.byteLength)}` })
    })
    sink.on('progress', progress =>
      write.update({
        text: `${bytes(progress.bytes)} in ${progress.parts} part${progress.parts === 1 ? '' : 's'}`,
      }),
    )

    ffmpeg.once('end', () => read.update(1))
    ffmpeg.once('end', () => encode.update(1))
    validator.once('end', () => check.update(1))
    sink.once('finish', () => write.update(1))
    sink.once('close', () => this.#bars.stop())
  }

  #add(stage: string): SingleBar {
    return this.#bars.create(1, 0, { stage, text: '', mark: '' })
  }
}

function draw(bar: SingleBar, share: number, text: string): void {
  bar.update(Math.min(share, 1), { text })
}
