import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import type {
  FfmpegProcessEarlyExit,
  FfmpegProcessSeek,
  FfmpegSpawn,
} from '../../lib/ffmpeg/run/ffmpeg-events.js'
import { FfmpegProcess } from '../../lib/ffmpeg/ffmpeg-process.js'
import type { FfmpegLogEntry } from '../../lib/ffmpeg/log/log.js'
import type { FfmpegProgress } from '../../lib/ffmpeg/log/progress.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { resources, resourcesSince } from '../support/child.js'
import {
  H264,
  fastStartMp4,
  ffprobeJson,
  indexLastMp4,
  matroska,
  packetsOf,
  transportStream,
} from '../support/media.js'
import { ChunkedSource, LinkedSource } from '../support/sources.js'

const COPY = { format: 'matroska', args: ['-c', 'copy'] }
const VIDEO = { format: 'mpegts', args: ['-map', '0:v', '-c', 'copy'] }
const AUDIO = { format: 'matroska', args: ['-map', '0:a', '-c', 'copy'] }

/** Type and hash of each packet, which do not depend on the container. */
async function hashes(media: Buffer, type?: string): Promise<string[]> {
  const packets = (await packetsOf(media)).filter(
    ({ codec_type }) => type === undefined || codec_type === type,
  )
  return packets.map(({ codec_type, data_hash }) => `${codec_type} ${data_hash}`).sort()
}

/** Reads all outputs to their end. */
async function outputsOf(ffmpeg: FfmpegProcess): Promise<Buffer[]> {
  const outputs = await Promise.all(ffmpeg.outputs.map(output => buffer(output)))
  await ffmpeg.result
  return outputs
}

t.test('turns one piped input into three outputs of different formats', async t => {
  const before = resources()
  const media = await matroska()
  const outputs = [COPY, { format: 'wav', args: ['-map', '0:a'] }, { format: 'mpegts', args: ['-c', 'copy'] }]
  const ffmpeg = new FfmpegProcess({ inputs: [{}], outputs })
  t.equal(ffmpeg.inputs.length, 1)
  const [made] = await Promise.all([
    outputsOf(ffmpeg),
    pipeline(new ChunkedSource(media, { chunkSize: 1000 }), ffmpeg.inputs[0]!),
  ])
  const [copy, wav, ts] = made as [Buffer, Buffer, Buffer]
  t.same(await hashes(copy), await hashes(media))
  t.equal(wav.toString('latin1', 0, 4), 'RIFF')
  t.equal((await hashes(ts)).length, (await hashes(media)).length)
  t.same(await resourcesSince(before), {})
})

t.test('numbers several inputs read by seeking from 0, without a stream', async t => {
  const before = resources()
  const [videoFile, audioFile] = [await indexLastMp4({ seconds: 1 }), await matroska({ seconds: 2 })]
  const ffmpeg = new FfmpegProcess({
    inputs: [
      { source: new BytesSource({ bytes: videoFile }) },
      { source: new BytesSource({ bytes: audioFile }) },
    ],
    outputs: [{ ...COPY, args: ['-map', '0:v', '-map', '1:a', '-c', 'copy'] }],
  })
  t.same(ffmpeg.inputs, [undefined, undefined])
  const [made] = await outputsOf(ffmpeg)
  t.same(await hashes(made!, 'video'), await hashes(videoFile, 'video'))
  t.same(await hashes(made!, 'audio'), await hashes(audioFile, 'audio'))
  t.same(await resourcesSince(before), {})
})

t.test('feeds two piped inputs, each at its own pace', async t => {
  const [videoFile, audioFile] = [await fastStartMp4({ seconds: 3 }), await matroska({ seconds: 2 })]
  const ffmpeg = new FfmpegProcess({
    inputs: [{}, {}],
    outputs: [
      { ...COPY, args: ['-map', '0:v', '-map', '1:a', '-c', 'copy'] },
      { ...AUDIO, args: ['-map', '1:a', '-c', 'copy'] },
    ],
  })
  const made = outputsOf(ffmpeg)
  const spawned = once(ffmpeg, 'spawn')
  const first = pipeline(new ChunkedSource(videoFile, { chunkSize: 5000 }), ffmpeg.inputs[0]!)
  await setTimeout(20)
  const second = pipeline(new ChunkedSource(audioFile, { chunkSize: 700 }), ffmpeg.inputs[1]!)
  const [{ args }] = (await spawned) as [FfmpegSpawn]
  t.match(args.join(' '), /-i pipe:0 .*-i pipe:4 .*matroska pipe:1 .*matroska pipe:5$/)
  await Promise.all([first, second])
  const [both, audio] = await made
  t.same(await hashes(both!, 'video'), await hashes(videoFile, 'video'))
  t.same(await hashes(both!, 'audio'), await hashes(audioFile, 'audio'))
  t.same(await hashes(audio!), await hashes(audioFile, 'audio'))
})

t.test('combines a piped input and a seekable input, in either order', async t => {
  const [piped, seekable] = [await matroska(), await indexLastMp4({ seconds: 1 })]
  for (const inputs of [
    [{}, { source: new BytesSource({ bytes: seekable }) }],
    [{ source: new BytesSource({ bytes: seekable }) }, {}],
  ]) {
    const n = inputs[0]!.source === undefined ? 0 : 1
    const args = ['-map', `${n}:v`, '-map', `${1 - n}:a`, '-c', 'copy']
    const ffmpeg = new FfmpegProcess({ inputs, outputs: [{ ...COPY, args }] })
    const made = outputsOf(ffmpeg)
    await pipeline(new ChunkedSource(piped), ffmpeg.inputs[n]!)
    const [bytes] = await made
    t.same(await hashes(bytes!, 'video'), await hashes(piped, 'video'))
    t.same(await hashes(bytes!, 'audio'), await hashes(seekable, 'audio'))
  }
})

t.test('reads an object with its index last by seeking, and names the input in the event', async t => {
  const s3 = await LocalS3.start({ buckets: ['masters'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const [media, other] = [await indexLastMp4({ seconds: 4 }), await transportStream({ seconds: 1 })]
  await s3.put('masters', 'talk.mov', media)
  const ffmpeg = new FfmpegProcess({
    inputs: [{}, {}],
    outputs: [
      { ...COPY, args: ['-map', '1', '-c', 'copy'] },
      { ...VIDEO, args: ['-map', '0:v', '-c', 'copy'] },
    ],
  })
  const seeks: FfmpegProcessSeek[] = []
  ffmpeg.on('seek', seek => seeks.push(seek))
  const made = outputsOf(ffmpeg)
  await Promise.all([
    pipeline(new ChunkedSource(other), ffmpeg.inputs[0]!),
    pipeline(new S3RangeReadable({ client, bucket: 'masters', key: 'talk.mov' }), ffmpeg.inputs[1]!),
  ])
  const [copy, video] = await made
  t.match(seeks, [{ input: 1, reason: 'index-last', stopped: true }])
  t.same(await hashes(copy!), await hashes(media))
  t.same((await hashes(video!)).length, 25)
})

t.test('splits a ladder from one decode with filterComplex', async t => {
  const media = await fastStartMp4()
  const rungs = { hd: 144, sd: 72 }
  const ffmpeg = new FfmpegProcess({
    inputs: [{}],
    filterComplex: '[0:v]split[a][b]; [a]scale=-2:144[hd]; [b]scale=-2:72[sd]',
    outputs: Object.keys(rungs).map(rung => ({ format: 'mp4', args: ['-map', `[${rung}]`, ...H264] })),
  })
  const made = outputsOf(ffmpeg)
  await pipeline(new ChunkedSource(media), ffmpeg.inputs[0]!)
  const heights = (await made).map(async bytes => {
    const entries = ['-show_entries', 'stream=height']
    return (await ffprobeJson<{ streams: { height: number }[] }>(bytes, entries)).streams[0]!.height
  })
  t.same(await Promise.all(heights), Object.values(rungs))
})

t.test('adds the bitstream filter that a preview finds to an output behind a filtergraph too', async t => {
  const media = await transportStream()
  const ffmpeg = new FfmpegProcess({
    inputs: [{}],
    filterComplex: '[0:v]scale=80:-2[v]',
    outputs: [{ format: 'mp4', args: ['-map', '[v]', '-map', '0:a', ...H264, '-c:a', 'copy'] }],
  })
  const made = outputsOf(ffmpeg)
  await pipeline(new ChunkedSource(media), ffmpeg.inputs[0]!)
  t.equal((await hashes((await made)[0]!, 'audio')).length, (await hashes(media, 'audio')).length)
})

t.test('holds back the source and all outputs for a slow output', async t => {
  const source = new ChunkedSource(await transportStream(), { endless: true, chunkSize: 16_384 })
  const ffmpeg = new FfmpegProcess({ inputs: [{}], outputs: [VIDEO, { ...VIDEO, args: ['-c', 'copy'] }] })
  let taken = 0
  ffmpeg.outputs[0]!.on('data', (chunk: Buffer) => (taken += chunk.length))
  const failed = pipeline(source, ffmpeg.inputs[0]!).catch((error: unknown) => error)
  ffmpeg.outputs[1]!.once('readable', () => undefined)
  await once(ffmpeg.outputs[0]!, 'data')
  let delivered
  do {
    delivered = source.delivered
    await setTimeout(100)
  } while (source.delivered !== delivered)
  t.ok(source.delivered < 4 * 1024 ** 2, `${source.delivered} bytes read from the source`)
  t.ok(taken > 0 && taken < 4 * 1024 ** 2, `${taken} bytes read from the other output`)
  const boom = new Error('early-exit')
  for (const output of ffmpeg.outputs) output.on('error', () => undefined)
  ffmpeg.destroy(boom)
  t.equal(await failed, boom)
  await t.rejects(ffmpeg.result, boom)
})

t.test('ends no output before every output has a reader', async t => {
  const ffmpeg = new FfmpegProcess({
    inputs: [{ source: new BytesSource({ bytes: await matroska() }) }],
    outputs: [COPY, AUDIO],
  })
  const [first, second] = ffmpeg.outputs as [Readable, Readable]
  let bytes = 0
  first.on('data', (chunk: Buffer) => (bytes += chunk.length))
  first.once('end', () => t.not(second.readableFlowing, null, 'the second output has a reader'))
  const done = new Promise<void>(resolve => {
    ffmpeg.on('progress', ({ done }) => done && resolve())
  })
  await done
  await setTimeout(50)
  t.equal(first.readableEnded, false)
  t.ok(bytes > 0)
  t.ok((await buffer(second)).length > 0)
  if (!first.readableEnded) await once(first, 'end')
  await ffmpeg.result
})

t.test('stops every source after an early exit', async t => {
  const media = await transportStream()
  const sources = [1, 2].map(() => new LinkedSource(media, { endless: true }))
  const ffmpeg = new FfmpegProcess({
    inputs: [{}, {}],
    outputs: [0, 1].map(n => ({ ...COPY, args: ['-map', `${n}:v`, '-c', 'copy', '-t', '1'] })),
  })
  const earlyExits: FfmpegProcessEarlyExit[] = []
  ffmpeg.on('early-exit', event => earlyExits.push(event))
  const made = outputsOf(ffmpeg)
  await Promise.all(sources.map((source, n) => pipeline(source, ffmpeg.inputs[n]!)))
  for (const bytes of await made) t.equal((await hashes(bytes)).length, 25)
  t.same(
    sources.map(({ stops }) => stops),
    [1, 1],
  )
  t.match(earlyExits, [
    { input: 0, stopped: true, bytesIn: Number },
    { input: 1, stopped: true, bytesIn: Number },
  ])
})

t.test('starts nothing before an output is read, or an input is written', async t => {
  const source = new BytesSource({ bytes: await matroska() })
  const seeking = new FfmpegProcess({ inputs: [{ source }], outputs: [COPY] })
  const piped = new FfmpegProcess({ inputs: [{}, { source }], outputs: [COPY] })
  for (const ffmpeg of [seeking, piped]) ffmpeg.once('spawn', () => t.fail('started'))
  piped.outputs[0]!.resume()
  await setTimeout(20)
  for (const ffmpeg of [seeking, piped]) {
    ffmpeg.destroy()
    await t.rejects(ffmpeg.result, { name: 'AbortError' })
  }
})

t.test('reports log and progress, for several outputs as for one', async t => {
  const ffmpeg = new FfmpegProcess({
    inputs: [{ source: new BytesSource({ bytes: await matroska() }) }],
    outputs: [COPY, AUDIO],
  })
  const entries: FfmpegLogEntry[] = []
  const reports: FfmpegProgress[] = []
  ffmpeg.on('log', entry => entries.push(entry)).on('progress', report => reports.push(report))
  await outputsOf(ffmpeg)
  t.ok(entries.some(({ message }) => message.startsWith('Output #1, matroska')))
  t.same(
    entries.filter(({ level }) => level === 'verbose'),
    [],
  )
  t.match(reports.at(-1), { done: true, percent: 100 })

  const verbose = new FfmpegProcess({
    inputs: [{ source: new BytesSource({ bytes: await matroska() }) }],
    outputs: [COPY, AUDIO],
    globalArgs: ['-v', 'verbose'],
  })
  let isVerbose = false
  verbose.on('log', ({ level }) => (isVerbose ||= level === 'verbose'))
  await outputsOf(verbose)
  t.equal(isVerbose, true)
})
