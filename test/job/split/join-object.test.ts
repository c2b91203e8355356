import t from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import type { S3Client } from '@aws-sdk/client-s3'
import { ffmpegToFile, ffprobeJson } from '../../support/media.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

const chunksOf = (plan: SplitPlan, client: S3Client) =>
  Promise.all(plan.chunks.map((_, n) => encodeChunk(plan, n, { client })))
const pieces = async (plan: SplitPlan, client: S3Client) => [
  ...(await chunksOf(plan, client)),
  await encodeAudio(plan, { client }),
]

const FFMETADATA =
  ';FFMETADATA1\ntitle=A film\n' +
  '[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=3000\ntitle=one\n' +
  '[CHAPTER]\nTIMEBASE=1/1000\nSTART=3000\nEND=5000\ntitle=two\n'
const CHAPTERS = `data:text/plain;base64,${Buffer.from(FFMETADATA).toString('base64')}`

t.test('stores the object with what the plan says of it', async t => {
  const { s3, client, plan, out } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  const made = await plan({
    args: ['-crf', '30', '-metadata', 'title=A film', '-movflags', '+faststart'],
    output: { bucket: 'web', key: 'out.mp4', cacheControl: 'max-age=60', metadata: { owner: 'me' } },
  })
  const seen: number[] = []
  const onProgress = ({ frames }: { frames: number }) => seen.push(frames)
  await joinChunks(made, await pieces(made, client), { client, onProgress })
  t.equal(seen.at(-1), 120)
  const object = s3.calls.findLast(({ bucket, operation }) => bucket === 'web' && operation === 'PutObject')
  t.ok(object)
  const bytes = await out()
  t.match(await ffprobeJson(bytes, ['-show_entries', 'format_tags=title']), {
    format: { tags: { title: 'A film' } },
  })
  t.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), 'the index comes first')
})

t.test('keeps the tags of a source, and says that its chapters are lost', async t => {
  const chaptered = await ffmpegToFile(
    [
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=64x64:r=25:d=5',
        '-f',
        'lavfi',
        '-i',
        'sine=r=8000:d=5',
        '-i',
        CHAPTERS,
      ],
      ...['-map_metadata', '2', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'],
    ],
    'source.mp4',
  )
  for (const args of [[], ['-an']]) {
    const { client, plan, out } = await openSplit(t, chaptered)
    const made = await plan({ args })
    const results = args.length === 0 ? pieces(made, client) : chunksOf(made, client)
    await joinChunks(made, await results, { client })
    const entries = ['-show_entries', 'format_tags=title:chapter_tags=title']
    t.match(await ffprobeJson(await out(), entries), { chapters: [], format: { tags: { title: 'A film' } } })
    t.same(made.notes, ['The chapters of the source are not kept.'])
  }
})
