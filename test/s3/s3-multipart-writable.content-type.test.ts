import { PassThrough, Readable, type Transform, finished } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { DeferredHeader } from '../../lib/ffmpeg/headers/deferred-header.js'
import { LINK, type Link } from '../../lib/io/pipeline/link.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { DATA, source, writer } from '../support/uploads.js'

const OGG = ['application/ogg', 'audio/ogg', 'video/ogg']

/** Passes bytes on, and offers their media types through its link. */
function of(mediaTypes: readonly string[] | undefined): Transform & { readonly [LINK]: Link } {
  return Object.assign(new PassThrough(), { [LINK]: { mediaTypes } })
}

t.test(
  'uses the given media type, otherwise the content’s, otherwise that of the key’s extension',
  async t => {
    const store = await UploadStore.open(t)
    for (const size of [0, 10, PART + 10]) {
      for (const [key, contentType, types, expected] of [
        ['a/talk.mp4', undefined, undefined, 'video/mp4'],
        ['a/talk.mp4', 'text/plain', OGG, 'text/plain'],
        ['a/talk.mp4', undefined, OGG, 'application/ogg'],
        ['a/talk.OGG', undefined, OGG, 'audio/ogg'],
        ['a/talk', undefined, OGG, 'application/ogg'],
      ] as const) {
        const sink = writer(store, { key, contentType })
        await pipeline(source(DATA.subarray(0, size)), of(types), sink)
        const name = `${key}, ${contentType}, ${types?.join()}: ${size} bytes`
        t.equal(store.s3.head('uploads', key)?.contentType, expected, name)
      }
    }
  },
)

t.test('sends no type if nothing determines it', async t => {
  const store = await UploadStore.open(t)
  for (const size of [10, PART + 10]) {
    await pipeline(source(DATA.subarray(0, size)), writer(store, { key: 'talk' }))
    t.match(store.s3.head('uploads', 'talk')?.contentType, /^(application|binary)\/octet-stream$/)
  }
})

t.test('passes media types through a stage that passes bytes on, in any piping order', async t => {
  for (const stage of [new Fmp4Validator(), new DeferredHeader({ format: 'wav' })]) {
    // An unclaimed header is an error.
    finished(stage, () => undefined)
    stage.pipe(new PassThrough())
    t.equal(stage[LINK].mediaTypes, undefined)
    of(OGG).pipe(stage)
    t.same(stage[LINK].mediaTypes, OGG)
  }
})

t.test('prefers ffmpeg’s muxer over a different extension', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket } = store
  const silence = Buffer.alloc(9600)
  for (const [format, layout, key, expected] of [
    ['wav', 'stream', 'sound', 'audio/wav'],
    ['wav', 'file', 'sound.mp3', 'audio/wav'],
    ['mp4', 'file', 'sound.m4a', 'audio/mp4'],
  ] as const) {
    const input = { format: 's16le', args: ['-ar', '48000', '-ac', '1'] }
    const stage = new FfmpegTransform({ input, output: { format, layout } })
    await pipeline(Readable.from([silence]), stage, new S3MultipartWritable({ client, bucket, key }))
    t.equal(store.s3.head('uploads', key)?.contentType, expected, `${format} in ${key}`)
  }
})
