import { Writable } from 'node:stream'
import t from 'tap'
import { CmafPackager } from '../../../lib/hls/cmaf-packager.js'
import { mediaObject, mediaPackage } from '../../../lib/job/outputs/media.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'

const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
const OBJECT = { type: 'object', url: 's3://web/a.mp4', format: 'mp4' } as const

t.test('validates fragmented MP4, and no other output', async t => {
  for (const [output, isChecked] of [
    [OBJECT, true],
    [{ ...OBJECT, layout: 'stream' }, true],
    [{ ...OBJECT, layout: 'file' }, false],
    [{ ...OBJECT, args: ['-movflags', '+faststart'] }, false],
    [{ ...OBJECT, args: ['-movflags', '+faststart-faststart'] }, false],
    [{ ...OBJECT, args: ['-metadata', 'title=faststart'] }, true],
    [{ ...OBJECT, args: ['-movflags', 'frag_every_frame'] }, false],
    [{ ...OBJECT, format: 'ismv' }, true],
    [{ ...OBJECT, format: 'matroska' }, false],
  ] as const) {
    const { to } = mediaObject(
      { ...output, args: [...('args' in output ? output.args : [])] },
      'outputs[0]',
      sink,
    ).outputs[0]!
    const stages = Array.isArray(to) ? (to as Writable[]) : [to]
    t.equal(stages[0] instanceof Fmp4Validator, isChecked, JSON.stringify(output))
    t.equal(stages.at(-1), sink)
  }
})

t.test('passes the options of an output to ffmpeg', async t => {
  const output = {
    ...OBJECT,
    video: 'copy',
    audio: 'none',
    cover: 'keep',
    onMissing: 'error',
    args: ['-t', '1'],
  } as const
  t.match(mediaObject({ ...output, args: [...output.args] }, 'outputs[0]', sink).outputs, [
    { format: 'mp4', cover: 'keep', onMissing: 'error', args: ['-c:v', 'copy', '-an', '-t', '1'] },
  ])
  const stored = Object.assign(new Writable(), {
    result: Promise.resolve({ bytes: 3, etag: '"e"', versionId: undefined }),
  })
  t.same(await mediaObject(OBJECT, 'outputs[0]', stored).result(), {
    type: 'object',
    url: 's3://web/a.mp4',
    bytes: 3,
    etag: '"e"',
  })
  t.same(
    await mediaObject({ ...OBJECT, url: '-' }, 'outputs[0]', sink).result(),
    { type: 'object', url: '-' },
    'standard output',
  )
})

t.test('makes an output for each rendition, with key frames at the segment boundaries', async t => {
  const packager = new CmafPackager({ storage: { open: () => sink } })
  for (const [targetDuration, every] of [
    [undefined, 2],
    [6, 2],
    [5, 5 / 3],
    [1, 1],
    [3, 1.5],
  ] as const) {
    const name = `v${targetDuration ?? ''}`
    const renditions = [{ name, label: 'V', language: 'en', video: { codec: 'h264' as const } }]
    const { outputs } = mediaPackage(
      { type: 'package', prefix: 's3://web/', targetDuration, renditions },
      packager,
    )
    t.equal(outputs[0]!.format, 'mp4')
    t.ok(outputs[0]!.args!.includes(`expr:gte(t,n_forced*${every})`), name)
    t.ok(
      every <= 2 && Number.isInteger(Math.round(((targetDuration ?? 6) / every) * 1e9) / 1e9),
      'a whole number a segment',
    )
  }
})
