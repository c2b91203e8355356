import t from 'tap'
import type { Job, JobOutput } from '../../../lib/job/schema/job.js'
import { checkStranger } from '../../../lib/job/trust/strangers.js'
import { jobOf } from '../../support/jobs.js'

const limits = {
  ...{
    maxInputBytes: 1e9,
    maxDuration: 3600,
    maxPixels: 1e7,
    maxOutputBytes: 1e9,
    maxObjects: 1000,
    timeout: 60_000,
  },
}
const OBJECT: JobOutput = { type: 'object', url: 's3://web/a.mp4', format: 'mp4', video: { codec: 'h264' } }
const of = (outputs: JobOutput[], rest: Partial<Job> = {}) => jobOf(outputs, { limits, ...rest })

t.test('accepts encodings from the closed lists, with every limit', async t => {
  checkStranger(
    of([
      { ...OBJECT, metadata: { title: 'A' }, layout: 'file', audio: { codec: 'aac' } },
      {
        type: 'package',
        prefix: 's3://web/a/',
        renditions: [{ name: 'v', video: { codec: 'h264', height: 720 } }],
      },
      { type: 'thumbnails', prefix: 's3://web/t/', count: 3 },
      { type: 'storyboard', prefix: 's3://web/s/', every: 10 },
      { type: 'probe' },
    ]),
  )
  for (const format of ['mov', 'MP4', 's16le', 'rawvideo', 'mpegts'])
    checkStranger(of([OBJECT], { inputs: [{ url: 's3://a/b', format }] }))
  t.pass('not refused')
})

t.test('refuses a job without one of the mandatory limits', async t => {
  for (const limit of Object.keys(limits)) {
    const job = of([OBJECT], { limits: { ...limits, [limit]: undefined } })
    t.throws(() => checkStranger(job), { code: 'AVIO_ERR_JOB_REFUSED', path: `limits.${limit}` })
  }
  t.throws(() => checkStranger(jobOf([OBJECT])), { code: 'AVIO_ERR_JOB_REFUSED' })
})

t.test('refuses ffmpeg arguments, filters, unlisted muxers and headers', async t => {
  const rendition = { name: 'v', args: ['-vf', 'movie=x'] }
  for (const [job, path] of [
    [of([{ ...OBJECT, args: [] }]), 'outputs[0].args'],
    [
      of([OBJECT, { type: 'package', prefix: 'a/', renditions: [{ name: 'a' }, rendition] }]),
      'outputs[1].renditions[1].args',
    ],
    [of([OBJECT], { inputs: [{ url: 's3://a/b', args: ['-f', 'concat'] }] }), 'inputs[0].args'],
    ...['tty', 'svg_pipe', 'concat', 'hls', 'lavfi', 'image2', 'nosuch'].map(
      format => [of([OBJECT], { inputs: [{ url: 's3://a/b', format }] }), 'inputs[0].format'] as const,
    ),
    [of([OBJECT], { filterComplex: 'movie=x' }), 'filterComplex'],
    [of([{ ...OBJECT, format: 'tee' }]), 'outputs[0].format'],
    [of([{ ...OBJECT, format: 'rtp' }]), 'outputs[0].format'],
    [of([{ ...OBJECT, contentType: 'text/html' }]), 'outputs[0].contentType'],
    [of([{ ...OBJECT, contentDisposition: 'inline' }]), 'outputs[0].contentDisposition'],
    [of([{ ...OBJECT, cacheControl: 'public' }]), 'outputs[0].cacheControl'],
  ] as const) {
    t.throws(() => checkStranger(job), { code: 'AVIO_ERR_JOB_REFUSED', path }, path)
  }
})
