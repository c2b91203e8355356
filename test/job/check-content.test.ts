import t from 'tap'
import { checkContent } from '../../lib/job/check-content.js'
import type { Job, JobOutput } from '../../lib/job/schema/job.js'
import { parseJob } from '../../lib/job/schema/parse-job.js'
import { GOOD_JOBS, jobOf } from '../support/jobs.js'

const OBJECT: JobOutput = { type: 'object', url: 's3://out/a.mp4', format: 'mp4' }
const PACKAGE = { type: 'package', prefix: 's3://out/p/', renditions: [{ name: 'a' }] } as const
const THUMBNAILS: JobOutput = { type: 'thumbnails', prefix: 's3://out/t/', count: 1 }
/** A longer key than S3 has. */
const LONG = `s3://out/${'a'.repeat(1025)}`

const second = (output: object): Job => jobOf([THUMBNAILS, output as JobOutput])
const input = (input: object): Job =>
  jobOf([OBJECT], { inputs: [{ url: 's3://in/a' }, input as Job['inputs'][0]] })

/** Jobs that a stage would refuse in its constructor: the path, and a part of the rule. */
const INVALID: readonly (readonly [job: Job, path: string, rule: RegExp])[] = [
  [
    input({ url: 's3://in/b', format: 'ts' }),
    'inputs[1].format',
    /must be ffmpeg's own name .* "mpegts" here/,
  ],
  [input({ url: 's3://in/b', args: ['-ss'] }), 'inputs[1].args', /must end with a complete option/],
  [input({ url: 's3://in/b', args: ['-ss 10'] }), 'inputs[1].args', /separate elements/],
  [input({ url: LONG }), 'inputs[1].url', /must be at most 1024 bytes/],
  [second({ ...OBJECT, format: 'mkv' }), 'outputs[1].format', /"matroska" here/],
  [second({ ...OBJECT, format: 'matroska', layout: 'file' }), 'outputs[1].layout', /must be/],
  [
    second({ ...OBJECT, format: 'webm', cover: 'keep' }),
    'outputs[1].cover',
    /must be "leave-out" for "webm"/,
  ],
  [second({ ...OBJECT, args: ['-c:v'] }), 'outputs[1].args', /must end with a complete option/],
  [second({ ...OBJECT, url: LONG }), 'outputs[1].url', /must be at most 1024 bytes/],
  [second({ ...OBJECT, contentType: 'a\nb' }), 'outputs[1].contentType', /the control character U\+000A/],
  [second({ ...OBJECT, cacheControl: 'ä' }), 'outputs[1].cacheControl', /must be printable ASCII/],
  [second({ ...OBJECT, contentDisposition: 'ä' }), 'outputs[1].contentDisposition', /RFC 6266/],
  [second({ ...OBJECT, metadata: { 'a b': 'x' } }), 'outputs[1].metadata', /whose names are letters/],
  [second({ ...OBJECT, metadata: { a: 'ä' } }), 'outputs[1].metadata', /must be printable ASCII/],
  [
    second({ ...OBJECT, tags: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`t${n}`, 'x'])) }),
    'outputs[1].tags',
    /at most 10 tags/,
  ],
  [second({ ...THUMBNAILS, cacheControl: 'ä' }), 'outputs[1].cacheControl', /must be printable ASCII/],
  [second({ ...PACKAGE, prefix: `${LONG}/` }), 'outputs[1].prefix', /must be at most 1024 bytes/],
  [second({ ...PACKAGE, playlist: 'x.m3u8', mpd: 'x.m3u8' }), 'outputs[1].mpd', /same as the playlist/],
  [second({ ...PACKAGE, run: 'main.m3u8' }), 'outputs[1].run', /same as the name of the playlist/],
  [
    second({ ...PACKAGE, renditions: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }),
    'outputs[1].renditions[2].name',
    /is the name of outputs\[1\]\.renditions\[0\] as well/,
  ],
  [
    second({ ...PACKAGE, renditions: [{ name: 'pics' }], images: { count: 1, name: 'pics' } }),
    'outputs[1].renditions[0].name',
    /is the name of outputs\[1\]\.images as well/,
  ],
  [
    second({ ...PACKAGE, renditions: [{ name: 'a', language: '?' }] }),
    'outputs[1].renditions[0].language',
    /must be a language tag/,
  ],
  [
    second({ ...PACKAGE, renditions: [{ name: 'a', label: 'a"b' }] }),
    'outputs[1].renditions[0].label',
    /without quotes/,
  ],
  [
    second({ ...PACKAGE, renditions: [{ name: 'a' }, { name: 'b', args: ['-crf'] }] }),
    'outputs[1].renditions[1].args',
    /must end with a complete option/,
  ],
]

t.test('refuses what a stage would refuse, with its path in the job', async t => {
  for (const [job, path, rule] of INVALID) {
    t.throws(
      () => checkContent(job),
      { code: 'AVIO_ERR_JOB_INVALID', path, message: new RegExp(`^The job is invalid: ${escaped(path)} `) },
      path,
    )
    t.throws(() => checkContent(job), { message: rule }, path)
  }
})

t.test('refuses arguments, filters and muxers by their path', async t => {
  for (const [job, code, message] of [
    [
      input({ url: 's3://in/b', args: ['-i', 'x'] }),
      'ARGUMENT_REFUSED',
      /"-i" in option "inputs\[1\]\.args"/,
    ],
    [
      jobOf([OBJECT], { filterComplex: 'psnr=stats_file=x' }),
      'ARGUMENT_REFUSED',
      /in option "filterComplex" is refused/,
    ],
    [second({ ...OBJECT, args: ['-pass', '1'] }), 'ARGUMENT_REFUSED', /in option "outputs\[1\]\.args"/],
    [second({ ...OBJECT, format: 'tee' }), 'MUXER_NOT_STREAMABLE', /of option "outputs\[1\]\.format"/],
    [
      second({ ...PACKAGE, renditions: [{ name: 'a', args: ['-c:s', 'mov_text'] }] }),
      'ARGUMENT_REFUSED',
      /in option "outputs\[1\]\.renditions\[0\]\.args"/,
    ],
  ] as const)
    t.throws(() => checkContent(job), { code: `AVIO_ERR_${code}`, message })
})

t.test('accepts the jobs that people write', async t => {
  for (const [name, job] of Object.entries(GOOD_JOBS)) t.doesNotThrow(() => checkContent(parseJob(job)), name)
})

function escaped(text: string): string {
  return text.replace(/[[\].]/g, '\\$&')
}
