import type { Test } from 'tap'
import { runJob } from '../../lib/job/run-job.js'
import type { Job, JobPackage } from '../../lib/job/schema/job.js'
import { encodePiece } from '../../lib/job/split/encode-piece.js'
import type { PieceResult } from '../../lib/job/split/piece-result.js'
import { specOfJob } from '../../lib/job/split/spec-of-job.js'
import { type PlannedPackage, type SplitPlan, pieceNames, piecesOf } from '../../lib/job/split/split-plan.js'
import type { SplitSpec } from '../../lib/job/split/split-spec.js'
import { openSplit } from './split.js'

const keys = (gop: number) => ['-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0']

/** Two renditions of video and one of audio: a ladder in small. */
export function ladder({ gop = 24, more = [] as readonly string[] } = {}): JobPackage['renditions'] {
  const x264 = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-qp',
    '30',
    '-bf',
    '2',
    ...keys(gop),
    '-an',
    ...more,
  ]
  return [
    { name: 'big', args: x264 },
    { name: 'small', args: ['-vf', 'scale=48:32', ...x264] },
    {
      ...{ name: 'sound', label: 'Deutsch', language: 'de' },
      args: ['-vn', '-c:a', 'aac', '-b:a', '64k', '-frag_duration', '200000'],
    },
  ]
}

/** A package of a ladder, below a prefix of the bucket `web`. */
export function packageOf(prefix: string, more: Partial<JobPackage> = {}): JobPackage {
  const stored = { type: 'package', prefix: `s3://web/${prefix}`, targetDuration: 2 } as const
  return { ...stored, mpd: 'manifest.mpd', renditions: ladder(), ...more }
}

/** A store with a source, as `openSplit`, and what the tests of split packages do with it. */
export async function openPackage(t: Test, source: Buffer) {
  const opened = await openSplit(t, source)
  const { s3, client } = opened
  const jobOf = (output: JobPackage, split: Partial<Job['split']> = {}): Job => ({
    ...{ version: 1, inputs: [{ url: 's3://masters/in' }], outputs: [output] },
    split: { work: 's3://work/pieces/', mode: 'required', chunkSeconds: 2, ...split },
  })
  const spec = (more: Partial<JobPackage> = {}): SplitSpec => specOfJob(jobOf(packageOf('split/', more)), 1)
  /** A plan with chunks of 2 s; `output` changes what no job says. */
  const plan = async (more: Partial<JobPackage> = {}): Promise<PackagePlan> =>
    (await opened.plan({ ...spec(more), args: undefined as never, gop: undefined as never })) as PackagePlan
  /** The results of all pieces: those of the chunks first. */
  const pieces = async (made: SplitPlan): Promise<PieceResult[]> => {
    const results = await Promise.all(piecesOf(made).map(piece => encodePiece(made, piece, { client })))
    return pieceNames(made).map(name => results.find(({ piece }) => piece === name)!)
  }
  /** The same package from one run of ffmpeg, below `whole/`. */
  const whole = async (more: Partial<JobPackage> = {}) => {
    const { renditions = ladder(), ...rest } = more
    // Newer ones of ffmpeg do so by default; ffmpeg 5.1 fills the time before the first frame with copies of it.
    const args = renditions.map(one => ({ ...one, args: [...(one.args ?? []), ...keepStart(one.args)] }))
    const job = jobOf(packageOf('whole/', { ...rest, renditions: args }))
    return await runJob({ ...job, split: undefined }, { client })
  }
  const text = async (key: string): Promise<string> => {
    const bytes = await s3.get('web', key)
    if (bytes === undefined) throw new Error(`${key} is not stored: ${s3.keys('web').join(' ')}`)
    return bytes.toString()
  }
  return { ...opened, jobOf, spec, plan, pieces, whole, text }
}

/** A plan of a package. */
export type PackagePlan = SplitPlan & { readonly output: PlannedPackage }

function keepStart(args: readonly string[] = []): string[] {
  return args.includes('-vn') ? [] : ['-fps_mode', 'vfr']
}

/** A playlist without the names of objects, their ranges, and the run; and without bit rates, which depend on the cuts. */
export function withoutNames(playlist: string): string {
  return playlist
    .replace(/^(?!#)[^\s/]+$/gm, 'SEGMENT')
    .replace(/#EXT-X-BYTERANGE:\S+\n/g, '')
    .replace(/(#EXT-X-MAP:URI=).*/g, '$1INIT')
    .replace(/(BANDWIDTH=)\d+/g, '$1N')
    .replace(/(^|")[^"\s/]+(?=\/[^"\s]+\.m3u8)/gm, '$1RUN')
}
