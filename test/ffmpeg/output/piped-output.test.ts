import { Readable } from 'node:stream'
import t from 'tap'
import { PipedOutput, type PipedOutputSettings } from '../../../lib/ffmpeg/output/piped-output.js'
import { fragmentedMp4 } from '../../support/media.js'

interface Made {
  stage: Readable
  output: PipedOutput
  /** The number of requests for more output. */
  reads: () => number
}

function make(settings: Partial<PipedOutputSettings> = {}): Made {
  let reads = 0
  const stage: Readable = new Readable({ read: () => output.read(), highWaterMark: 4 })
  const output = new PipedOutput(
    stage,
    'Stage',
    { format: 'mp4', args: [], layout: 'stream', ...settings },
    { onRead: () => reads++ },
  )
  return { stage, output, reads: () => reads }
}

t.test('passes a stream through, and returns whether more is wanted', async t => {
  const { stage, output, reads } = make()
  t.equal(output.isReady, true)
  t.same(Object.keys(output.link), ['mediaTypes', 'lendTo'])
  t.same(output.link.mediaTypes, ['video/mp4', 'audio/mp4'])
  t.equal(make({ format: 'image2pipe' }).output.link.mediaTypes, undefined)
  stage.read(0)
  t.equal(reads(), 1)
  t.equal(output.push(Buffer.from('ab')), true)
  t.equal(output.push(Buffer.from('cdef')), false)
  t.equal(output.complete(), true)
  output.end()
  t.equal((await stage.toArray()).join(''), 'abcdef')
})

t.test('is wanted once the consumer asks for it', async t => {
  const { output } = make()
  t.equal(output.isWanted, false)
  output.want()
  t.equal(output.isWanted, true)
})

t.test('is ready once the deferred header is claimed, and delivers the bytes after it', async t => {
  const { stage, output, reads } = make({ layout: 'file' })
  t.equal(output.isReady, false)
  const head = output.link.header!.claim()
  const chunks: Buffer[] = []
  stage.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise(setImmediate)
  t.equal(output.isReady, true)
  t.equal(reads(), 1)
  const media = await fragmentedMp4()
  t.equal(output.push(media.subarray(0, 100)), true, 'more is wanted while bytes are held back')
  output.push(media.subarray(100))
  t.equal(output.complete(), true)
  t.equal(head.bytes().toString('latin1', 4, 8), 'ftyp')
  output.end()
  await new Promise(resolve => stage.once('end', resolve))
  t.ok(Buffer.concat(chunks).length > 1000)
})

t.test('fails the stream at the first read if the header is unclaimed', async t => {
  const { stage, output, reads } = make({ layout: 'file' })
  await t.rejects(stage.toArray(), { code: 'AVIO_ERR_HEADER_UNCLAIMED', message: /Stage/ })
  t.equal(output.isReady, false)
  t.equal(reads(), 0)
})

t.test('fails to complete an incomplete stream', async t => {
  for (const bytes of [(await fragmentedMp4()).subarray(0, 5000), Buffer.from('no boxes, no media')]) {
    const { stage, output } = make({ layout: 'file' })
    output.link.header!.claim()
    const failed = new Promise(resolve => stage.once('error', resolve))
    output.push(bytes)
    t.equal(output.complete(), false)
    t.match(await failed, { code: /^AVIO_ERR_MP4_/ })
  }
})
