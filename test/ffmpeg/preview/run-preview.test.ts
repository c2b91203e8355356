import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import type { InputStreamInfo } from '../../../lib/ffmpeg/streams/input-info.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { clip } from '../../../lib/tasks/clip/clip.js'
import { thumbnails } from '../../../lib/tasks/thumbnails/thumbnails.js'
import { iphone } from '../../support/iphone.js'
import { AAC, audioInput, ffmpegToFile, packetsOf, videoInput } from '../../support/media.js'
import { recorder } from '../../support/recorder.js'
import { ChunkedSource, Collector } from '../../support/sources.js'

/** The number of streams that a stage writes, and its report on the third stream of the input. */
async function made(
  stage: FfmpegReadable | FfmpegTransform,
  source: Buffer,
): Promise<[number, InputStreamInfo]> {
  const sink = new Collector()
  if (stage instanceof FfmpegTransform) await pipeline(new ChunkedSource(source), stage, sink)
  else await pipeline(stage, sink)
  const streams = new Set((await packetsOf(sink.bytes)).map(packet => packet.stream_index))
  return [streams.size, stage.streams[2]!]
}

const LEFT_OUT = { type: 'audio', into: [], leftOut: [{ output: 0, reason: 'unknown-codec' }] }

t.test('writes the usable streams of an input with undecodable audio, and reports the others', async t => {
  const bytes = await iphone()
  const lists = [
    ['-map', '0', '-c', 'copy'],
    ['-map', '0:v', '-map', '0:a', '-c:v', 'copy', '-c:a', 'aac'],
  ]
  for (const args of lists) {
    const piped = new FfmpegTransform({ output: { format: 'mp4', args } })
    const seeking = new FfmpegReadable({
      input: { source: new BytesSource({ bytes }) },
      output: { format: 'mp4', args },
    })
    for (const stage of [piped, seeking]) {
      const [streams, third] = await made(stage, bytes)
      t.equal(streams, 2, args.join(' '))
      t.match(third, LEFT_OUT)
    }
  }
})

t.test('previews by the clock of the run, so that a filter that cuts by time ends it at once', async t => {
  const { ffmpegPath, runs } = await recorder(t)
  const bytes = await ffmpegToFile(
    ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=6', '-c:v', 'libx264', '-g', '25'],
    'source.mp4',
  )
  const sink = new Collector()
  await pipeline(
    new FfmpegReadable({
      input: { source: new BytesSource({ bytes }), args: ['-noaccurate_seek', '-ss', '4'] },
      // The preview used to lack this: it then looked for frame 125 behind the end of the source.
      globalArgs: ['-copyts'],
      output: { format: 'mp4', args: ['-map', '0:v', '-vf', 'fps=25,trim=start_pts=125', '-c:v', 'libx264'] },
      ffmpegPath,
    }),
    sink,
  )
  t.equal((await packetsOf(sink.bytes)).length, 25)
  const seeking = runs().filter(({ args }) => args.includes(' -ss 4 '))
  t.match(
    seeking.map(({ args }) => [args.includes(' -t 0 '), args.includes(' -copyts ')]),
    [
      [true, true],
      [false, true],
    ],
  )
})

t.test('fails for an undecodable stream if a map names it, or if it must not be missing', async t => {
  const bytes = await iphone('last')
  const run = (args: string[], onMissing: 'tell' | 'error') => {
    const output = { format: 'mp4', args, onMissing }
    return pipeline(
      new FfmpegReadable({ input: { source: new BytesSource({ bytes }) }, output }),
      new Collector(),
    )
  }
  await t.rejects(run(['-map', '0:2', '-c', 'copy'], 'tell'), { code: 'AVIO_ERR_CODEC_NOT_IN_CONTAINER' })
  await t.rejects(run(['-map', '0:a', '-c', 'copy'], 'error'), {
    code: 'AVIO_ERR_STREAM_MISSING',
    message: /0:2 \(audio.* has a codec unknown to ffmpeg/,
  })
})

t.test('leaves out the cover of a short M4A with its index last, and keeps its audio', async t => {
  const cover = ['-c:v', 'mjpeg', '-frames:v', '1', '-disposition:v', 'attached_pic']
  const inputs = [...audioInput(), ...videoInput({ size: '300x300' })]
  const bytes = await ffmpegToFile([...inputs, '-map', '0', '-map', '1', ...AAC, ...cover], 'song.m4a')
  t.ok(bytes.indexOf('moov') > bytes.indexOf('mdat'))
  for (const args of [
    ['-c', 'copy'],
    ['-c:a', 'aac'],
  ]) {
    const stage = new FfmpegTransform({ output: { format: 'mp4', args } })
    const sink = new Collector()
    await pipeline(new ChunkedSource(bytes), stage, sink)
    t.match(stage.streams, [{ codec: 'aac', leftOut: [] }, { leftOut: [{ reason: 'cover' }] }])
    t.equal(sink.bytes.indexOf('covr'), -1)
  }
  const wav = new FfmpegTransform({ output: { format: 'wav', onMissing: 'error' } })
  await pipeline(new ChunkedSource(bytes), wav, new Collector())
  t.match(wav.streams[1]!.leftOut, [{ reason: 'format' }], 'WAV cannot hold images')
})

t.test('makes clips and thumbnails of an input with undecodable audio', async t => {
  const bytes = await iphone('last')
  const source = new BytesSource({ bytes })
  for (const exact of [false, true]) {
    const [streams, third] = await made(clip({ source, start: 1, end: 2, exact }), bytes)
    t.equal(streams, 2)
    t.match(third, LEFT_OUT)
  }
  for await (const { image } of thumbnails({ source, times: [1] })) t.ok(image.length > 100)
})
