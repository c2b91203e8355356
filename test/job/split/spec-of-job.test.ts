import t from 'tap'
import type { Job } from '../../../lib/job/schema/job.js'
import type { SplitPackage } from '../../../lib/job/split/package-settings.js'
import { specOfJob } from '../../../lib/job/split/spec-of-job.js'
import { splitSettings } from '../../../lib/job/split/split-spec.js'
import { jobOf } from '../../support/jobs.js'

const OBJECT = { type: 'object', url: 's3://web/b/a.mp4', format: 'mp4', layout: 'file' } as const
const split = { work: 's3://tmp/work/' }
const of = (output: object = {}, rest: Partial<Job> = {}) =>
  jobOf([{ ...OBJECT, args: ['-c:v', 'libx264'], ...output }], { split, ...rest })

t.test('translates a job into a spec', async t => {
  t.same(specOfJob(of(), 3), {
    source: { bucket: 'in', key: 'a.mov' },
    output: { bucket: 'web', key: 'b/a.mp4' },
    work: { bucket: 'tmp', prefix: 'work/' },
    ...{ args: ['-c:v', 'libx264'], mode: 'auto', workers: 3 },
  })
  const whole = of(
    {
      ...{
        args: ['-tune', 'film'],
        contentType: 'video/mp4',
        cacheControl: 'no-cache',
        metadata: { a: 'b' },
      },
      ...{ video: { codec: 'h264', height: 144, frameRate: '25', crf: 30 }, audio: { codec: 'aac' } },
    },
    {
      inputs: [{ url: 's3://in/a.mov', etag: '"e"', versionId: 'v' }],
      split: {
        ...{ ...split, mode: 'required', chunkSeconds: 30, gop: 50, allowMixed: true },
        encodeSpeed: { chunk: 0.5, whole: 4 },
      },
      limits: { threads: 2, timeout: 1000, maxInputBytes: 1e9, maxObjects: 9 },
    },
  )
  const spec = specOfJob(whole, 1)
  t.match(spec, {
    source: { etag: '"e"', versionId: 'v' },
    output: { contentType: 'video/mp4', cacheControl: 'no-cache', metadata: { a: 'b' } },
    ...{ mode: 'required', chunkSeconds: 30, gop: 50, frameRate: '25', allowMixed: true },
    encodeSpeed: { chunk: 0.5, whole: 4 },
  })
  t.same(spec.limits, { threads: 2, timeout: 1000, maxInputBytes: 1e9 }, 'the limits that concern an object')
  t.same(spec.args?.slice(0, 2), ['-vf', 'scale=-2:144'], 'the frame rate is that of the grid, and no filter')
  t.same(spec.args?.slice(-2), ['-tune', 'film'])
  t.doesNotThrow(() => splitSettings(spec))
  const own = of(
    { video: { codec: 'h264', frameRate: '25' } },
    { split: { ...split, frameRate: '50', threads: 4 } },
  )
  t.match(specOfJob(own, 1), { frameRate: '50', threads: 4 }, 'what the split says counts')
})

t.test('names the path of the field that prevents splitting', async t => {
  const input = { url: 's3://in/a.mov' }
  for (const [job, path] of [
    [of({}, { inputs: [input, input] }), 'inputs[1]'],
    [{ ...of(), outputs: [...of().outputs, { type: 'probe' }] } as Job, 'outputs[1]'],
    [jobOf([{ type: 'probe' }], { split }), 'outputs[0].type'],
    [of({}, { filterComplex: '[0]null' }), 'filterComplex'],
    [of({}, { inputs: [{ ...input, args: ['-ss', '1'] }] }), 'inputs[0].args'],
    [of({}, { inputs: [{ ...input, format: 'mov' }] }), 'inputs[0].format'],
    [of({}, { inputs: [{ url: '/a.mov' }] }), 'inputs[0].url'],
    [of({ url: '/a.mp4' }), 'outputs[0].url'],
    [of({}, { split: { work: 'work/' } }), 'split.work'],
    [of({ format: 'matroska' }), 'outputs[0].format'],
    [of({ layout: undefined }), 'outputs[0].layout'],
    ...[
      'cover',
      'onMissing',
      'contentDisposition',
      'contentLanguage',
      'tags',
      'storageClass',
      'kmsKeyId',
    ].map(field => [of({ [field]: 'x' }), `outputs[0].${field}`] as const),
  ] as const) {
    t.throws(
      () => specOfJob(job, 1),
      { name: 'UnsplitReason', message: new RegExp(`^${path.replace(/[[\].]/g, '\\$&')}: `) },
      path,
    )
  }
})

const PACKAGE = {
  ...{ type: 'package', prefix: 's3://web/talk/' },
  renditions: [
    { name: 'hd', video: { codec: 'h264', height: 720, frameRate: '25' }, audio: 'none' },
    {
      name: 'en',
      language: 'en',
      video: 'none',
      audio: { codec: 'aac' },
      args: ['-frag_duration', '200000'],
    },
  ],
} as const
const packageOf = (output: object = {}, rest: Partial<Job> = {}) =>
  jobOf([{ ...PACKAGE, ...output } as never], { split, ...rest })

t.test('translates a package, whose frame rates and key frames the plan sets', async t => {
  const spec = specOfJob(packageOf({ targetDuration: 4, mpd: 'a.mpd', storageClass: 'STANDARD_IA' }), 1)
  t.match(spec, {
    output: {
      ...{ type: 'package', bucket: 'web', prefix: 'talk/', targetDuration: 4, mpd: 'a.mpd' },
      ...{ storageClass: 'STANDARD_IA', renditions: [{ name: 'hd' }, { name: 'en', language: 'en' }] },
    },
    frameRate: '25',
    args: undefined,
  })
  const { renditions } = spec.output as SplitPackage
  t.same(renditions[0]!.args.slice(0, 4), ['-vf', 'scale=-2:720', '-c:v', 'libx264'])
  t.notOk(renditions[0]!.args.includes('-force_key_frames'))
  t.same(renditions[1]!.args, ['-vn', '-c:a', 'aac', '-frag_duration', '200000'])
  t.same(specOfJob(packageOf({}, { limits: { maxObjects: 9 } }), 1).limits, { maxObjects: 9 })
  const images = { every: 2.5, width: 80, name: 'thumbs' }
  t.same((specOfJob(packageOf({ images }), 1).output as SplitPackage).images, images)
  t.doesNotThrow(() => splitSettings(spec))
})

t.test('names what keeps a package whole', async t => {
  const [hd] = PACKAGE.renditions
  const sd = { name: 'sd', video: { codec: 'h264', frameRate: '50' }, audio: 'none' }
  for (const [job, path] of [
    [packageOf({ align: false }), 'outputs[0].align'],
    [packageOf({ prefix: '/srv/talk/' }), 'outputs[0].prefix'],
    [packageOf({ renditions: [hd, sd] }), 'outputs[0].renditions'],
  ] as const)
    t.throws(
      () => specOfJob(job, 1),
      { name: 'UnsplitReason', message: new RegExp(`^${path.replace(/[[\].]/g, '\\$&')}: `) },
      path,
    )
})
