import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { FfmpegProcess } from '../../../lib/ffmpeg/ffmpeg-process.js'
import type { FfmpegOutputOptions } from '../../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import type { FfmpegInput, InputNote, MissingStream } from '../../../lib/ffmpeg/streams/input-info.js'
import { InputWatch } from '../../../lib/ffmpeg/run/input-watch.js'
import { LogReader } from '../../../lib/ffmpeg/log/log.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import {
  AAC,
  H264,
  audioInput,
  ffmpegToFile,
  ffmpegToPipe,
  indexLastMp4,
  matroska,
  videoInput,
} from '../../support/media.js'
import { ChunkedSource, Collector } from '../../support/sources.js'
import { failing, standIn } from '../../support/transform.js'
import { uncaught } from '../../support/uncaught.js'

/** A film with two languages and a cover. */
async function film(): Promise<Buffer> {
  const inputs = [...videoInput(), ...audioInput(), ...audioInput(), ...videoInput({ size: '64x64' })]
  const maps = [0, 1, 2, 3].flatMap(n => ['-map', String(n)])
  const cover = ['-c:v:1', 'mjpeg', '-frames:v:1', '1', '-disposition:v:1', 'attached_pic']
  return ffmpegToFile(
    [...inputs, ...maps, ...H264, ...AAC, ...cover, '-metadata:s:a:1', 'language=deu'],
    'film.mp4',
  )
}

/** A transport stream whose audio appears only after 8 s of video. */
async function lateAudio(): Promise<Buffer> {
  const silent = await ffmpegToPipe([...videoInput({ seconds: 8 }), ...H264, '-f', 'mpegts'])
  const later = [...videoInput(), ...audioInput(), '-output_ts_offset', '8', ...H264, ...AAC, '-f', 'mpegts']
  return Buffer.concat([silent, await ffmpegToPipe(later)])
}

const COPY: FfmpegOutputOptions = { format: 'mp4', args: ['-c', 'copy'] }

async function readAll(
  output: FfmpegOutputOptions,
  bytes: Buffer,
): Promise<{ inputs: FfmpegInput[]; reported: string[] }> {
  const stage = new FfmpegReadable({ input: { source: new BytesSource({ bytes }) }, output })
  const inputs: FfmpegInput[] = []
  const reported: string[] = []
  stage.on('input', input => {
    inputs.push(input)
    reported.push('input')
  })
  stage.once('readable', () => reported.push('bytes'))
  await pipeline(stage, new Collector())
  t.same(stage.streams, inputs.at(-1)!.streams, 'the stage keeps them')
  return { inputs, reported }
}

t.test('reports the streams and their outcome, once', async t => {
  const { inputs, reported } = await readAll(COPY, await film())
  t.equal(reported.filter(what => what === 'input').length, 1)
  t.match(inputs, [{ input: 0, format: { names: ['mov'] }, notes: [], chapters: [] }])
  t.match(inputs[0]!.streams, [
    {
      index: 0,
      input: 0,
      type: 'video',
      codec: 'h264',
      width: 160,
      into: [{ output: 0, stream: 0, by: 'copied' }],
    },
    {
      index: 1,
      type: 'audio',
      codec: 'aac',
      sampleRate: 48_000,
      into: [{ output: 0, stream: 1, by: 'copied' }],
    },
    { index: 2, type: 'audio', language: 'deu', into: [], leftOut: [{ output: 0, reason: 'not-chosen' }] },
    { index: 3, type: 'video', codec: 'mjpeg', into: [], leftOut: [{ output: 0, reason: 'cover' }] },
  ])
})

t.test('fails for a missing stream before anything is stored, and names it', async t => {
  const bytes = await film()
  const stage = new FfmpegReadable({
    input: { source: new BytesSource({ bytes }) },
    output: { ...COPY, onMissing: 'error' },
  })
  await t.rejects(pipeline(stage, new Collector()), {
    code: 'AVIO_ERR_STREAM_MISSING',
    message:
      /Streams of BytesSource are missing from the output: 0:2 \(audio, aac\).* map it.*; 0:3 \(video, mjpeg\) is cover art/,
  })
})

t.test('does not count streams excluded by arguments as missing', async t => {
  const bytes = await film()
  for (const args of [
    ['-map', '0:V', '-map', '0:a:0'],
    ['-map', '0:V', '-an'],
    ['-map', '0', '-map', '-0:a:1', '-map', '-0:v:1'],
  ]) {
    const { inputs } = await readAll({ ...COPY, args: ['-c', 'copy', ...args], onMissing: 'error' }, bytes)
    t.equal(inputs.length, 1, args.join(' '))
  }
  await readAll({ format: 'wav', args: ['-map', '0:a:0'], onMissing: 'error' }, bytes)
  await readAll(
    { format: 'matroska', onMissing: 'error', args: ['-map', '0', '-c', 'copy'] },
    await matroska(),
  )
})

t.test('asks a function about each missing stream, and about no other', async t => {
  const bytes = await film()
  const asked: string[] = []
  const ask = (isError: (stream: MissingStream) => boolean) => (stream: MissingStream) => {
    asked.push(`${stream.index} ${stream.reason} of output ${stream.output}`)
    return isError(stream)
  }
  await readAll({ ...COPY, onMissing: ask(() => false) }, bytes)
  t.same(asked, ['2 not-chosen of output 0', '3 cover of output 0'])
  await t.rejects(readAll({ ...COPY, onMissing: ask(({ type }) => type === 'audio') }, bytes), {
    code: 'AVIO_ERR_STREAM_MISSING',
    message: /^Stream of BytesSource is missing from the output: 0:2/,
  })
  const own = new Error('of the function')
  const thrower = () => {
    throw own
  }
  await t.rejects(readAll({ ...COPY, onMissing: thrower }, bytes), own)
})

t.test('reports a track that ffmpeg finds late, and fails for it even after output', async t => {
  const bytes = await lateAudio()
  const inputs: FfmpegInput[] = []
  const stage = new FfmpegTransform({ output: COPY })
  stage.on('input', input => inputs.push(input))
  await pipeline(new ChunkedSource(bytes), stage, new Collector())
  t.equal(inputs.length, 2)
  t.match(inputs[1]!.streams[1], {
    index: 1,
    type: 'audio',
    leftOut: [{ output: 0, reason: 'found-late' }],
  })
  const error = await failing(t, bytes, { output: { ...COPY, onMissing: 'error' } })
  t.match(error, { code: 'AVIO_ERR_STREAM_MISSING', message: /0:1 \(audio\) begins after .*-probesize/ })
  const wide = ['-analyzeduration', '20M', '-probesize', '20M']
  const { length } = await new Promise<readonly unknown[]>((resolve, reject) => {
    const all = new FfmpegTransform({ input: { args: wide }, output: { ...COPY, onMissing: 'error' } })
    all.on('input', ({ streams }) => resolve(streams.filter(({ into }) => into.length > 0)))
    pipeline(new ChunkedSource(bytes), all, new Collector()).catch(reject)
  })
  t.equal(length, 2, 'the remedy of the message works')
})

t.test('reports a second index after the media', async t => {
  const bytes = await ffmpegToFile([...videoInput(), ...H264, '-movflags', '+faststart'], 'one.mp4')
  const twice = Buffer.concat([bytes, bytes])
  const { inputs } = await readAll(COPY, twice)
  t.match(inputs.at(-1)!.notes, [{ kind: 'second-index' }])
  const error = await failing(t, twice, { output: { ...COPY, onMissing: 'error' } })
  t.match(error, { code: 'AVIO_ERR_STREAM_MISSING', message: /second index \(moov\)/ })
})

t.test('reports times that go backwards in many packets', async t => {
  const ts = await ffmpegToPipe([...videoInput({ seconds: 3 }), ...H264, '-f', 'mpegts'])
  const output = { ...COPY, args: ['-c', 'copy', '-copyts'] }
  const { inputs } = await readAll(output, Buffer.concat([ts, ts, ts]))
  t.match(inputs.at(-1)!.notes, [{ kind: 'times-changed' }])
})

t.test('reports each input of a process, and the outputs of each stream', async t => {
  const ffmpeg = new FfmpegProcess({
    inputs: [await indexLastMp4(), await matroska()].map(bytes => ({ source: new BytesSource({ bytes }) })),
    outputs: [
      { ...COPY, args: ['-c', 'copy', '-map', '0:v', '-map', '1:a'], onMissing: 'error' },
      { format: 'matroska', args: ['-c', 'copy', '-map', '1:v'], onMissing: 'error' },
    ],
  })
  const inputs: FfmpegInput[] = []
  ffmpeg.on('input', input => inputs.push(input))
  const flows = ffmpeg.outputs.map(output => pipeline(output, new Collector()))
  const [{ streams }] = await Promise.all([ffmpeg.result, ...flows])
  t.same(
    inputs.map(({ input, format }) => [input, format.names[0]]),
    [
      [0, 'mov'],
      [1, 'matroska'],
    ],
  )
  t.match(streams, [
    { input: 0, index: 0, into: [{ output: 0, stream: 0 }], leftOut: [{ output: 1, reason: 'arguments' }] },
    { input: 0, index: 1, into: [] },
    { input: 1, index: 0, into: [{ output: 1, stream: 0 }] },
    { input: 1, index: 1, into: [{ output: 0, stream: 1 }] },
  ])
})

t.test('does not call an output complete without a report of its streams', async t => {
  const options = standIn('copies')
  const bytes = Buffer.from('anything')
  await pipeline(new ChunkedSource(bytes), new FfmpegTransform(options), new Collector())
  const error = await failing(t, bytes, { ...options, output: { format: 'mpegts', onMissing: 'error' } })
  t.match(error, { code: 'AVIO_ERR_STREAM_MISSING', message: /did not report the streams/ })
})

t.test('reports the input once the report of each version is complete', async t => {
  const head = [
    "[info] Input #0, mpegts, from 'x':",
    '[info]   Stream #0:0[0x100]: Video: h264, yuv420p, 64x64',
  ]
  const output = ["[info] Output #0, mpegts, to 'y':", '[info]   Stream #0:0: Video: h264, yuv420p, 64x64']
  const mapping = ['[info] Stream mapping:', '[info]   Stream #0:0 -> #0:0 (copy)']
  const watched = (...lines: string[]) => {
    const reported: FfmpegInput[] = []
    const watch = new InputWatch(['s3://b/k'], [{ format: 'mpegts', args: [] }], {
      onInput: input => reported.push(input),
      onError: () => undefined,
    })
    const log = new LogReader(entry => watch.see(entry))
    log.push(Buffer.from(lines.map(line => `${line}\n`).join('')))
    log.end()
    return { reported, watch }
  }
  t.equal(watched(...head, ...output, ...mapping).reported.length, 1, '5.1: the mapping comes last')
  t.equal(watched(...head, ...mapping, ...output).reported.length, 1, '6 and later: the outputs do')
  t.match(watched(...head, ...output, ...mapping).reported, [{ name: 's3://b/k' }])
  const { reported, watch } = watched(...head, ...mapping)
  t.equal(reported.length, 0)
  t.same(watch.streams, [])
  watch.isWorking()
  t.equal(reported.length, 1, 'with the first progress at the latest')
  const late = (n: number) =>
    `[in#0/mpegts @ 0x1] [warning] New data stream with index ${n} at pos:1 and DTS:1s`
  const many = watched(...head, ...output, ...mapping, ...Array.from({ length: 500 }, (_, n) => late(n + 1)))
  t.equal(many.reported.length, 201, 'the list of streams is limited')
})

/** A source that ends when `isOver` resolves. */
function endingAt(isOver: Promise<unknown>): Readable {
  return Readable.from(
    (async function* () {
      yield Buffer.alloc(1024, 'media')
      await isOver
    })(),
    { objectMode: false },
  )
}

const SAYS =
  "[info] Input #0, mpegts, from 'x':\n[info]   Stream #0:0[0x100]: Video: h264, yuv420p, 64x64\n" +
  '[info] Stream mapping:\n[info]   Stream #0:0 -> #0:0 (copy)\n[info] Press\n'

/** Discards its input, and emits "first" for each chunk. */
class Taker extends Writable {
  readonly first = once(this, 'first')

  override _write(_chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.emit('first')
    callback()
  }
}

t.test('reports the streams before it passes on the first byte, in whichever order they arrive', async t => {
  const run = async (hears: boolean) => {
    const reported: string[] = []
    const stage = new FfmpegTransform(standIn('says', { SAYS }))
    const sink = new Taker().once('first', () => reported.push('bytes'))
    if (hears) stage.on('input', () => reported.push('input'))
    // The program logs its streams at its end, long after it writes its first byte.
    await pipeline(endingAt(hears ? setTimeout(300) : sink.first), stage, sink)
    return reported
  }
  t.same(await run(true), ['input', 'bytes'])
  t.same(await run(false), ['bytes'], 'holds nothing back without a listener')
})

t.test('passes on nothing of an output that lacks a stream', async t => {
  const late = SAYS.replace(
    '[info] Stream mapping',
    '[info]   Stream #0:1[0x101]: Data: klv\n[info] Stream mapping',
  )
  const stage = new FfmpegTransform({
    ...standIn('says', { SAYS: late }),
    output: { format: 'mpegts', onMissing: 'error' },
  })
  const sink = new Collector()
  await t.rejects(pipeline(endingAt(setTimeout(300)), stage, sink), { code: 'AVIO_ERR_STREAM_MISSING' })
  t.equal(sink.bytes.length, 0)
})

t.test('waits no longer than needed', async t => {
  for (const [env, inputs] of [
    [{ HELLO: SAYS }, 1],
    // A wrapper script hides the log of ffmpeg.
    [{ EARLY: 'progress=continue\nprogress=continue\n', PROGRESS: 'progress=end\n' }, 0],
  ] as const) {
    const stage = new FfmpegTransform(standIn('says', env))
    let reported = 0
    stage.on('input', () => reported++)
    const sink = new Taker()
    const first = Promise.race([sink.first.then(() => 'bytes'), setTimeout(20_000, 'end', { ref: false })])
    await pipeline(endingAt(first), stage, sink)
    t.equal(await first, 'bytes')
    t.equal(reported, inputs)
  }
})

t.test('reports notes from before the start with the streams, and judges them only then', async t => {
  const note: InputNote = { kind: 'out-of-reach', message: 'It has its tags after the media.' }
  const reported: FfmpegInput[] = []
  const errors: Error[] = []
  const watch = new InputWatch([undefined, 'b'], [{ format: 'mpegts', args: [], onMissing: 'error' }], {
    onInput: input => reported.push(input),
    onError: error => errors.push(error),
  })
  watch.note(1, note)
  t.same(reported, [], 'a note alone causes no report')
  const log = new LogReader(entry => watch.see(entry))
  const lines = [
    ...["[info] Input #0, mpegts, from 'x':", '[info]   Stream #0:0[0x100]: Video: h264, yuv420p, 64x64'],
    ...["[info] Input #1, matroska, from 'y':", '[info]   Stream #1:0: Audio: aac, 48000 Hz, mono'],
    ...[
      '[info] Stream mapping:',
      '[info]   Stream #0:0 -> #0:0 (copy)',
      '[info]   Stream #1:0 -> #0:1 (copy)',
    ],
  ]
  log.push(Buffer.from([...lines, '[info] Press'].map(line => `${line}\n`).join('')))
  log.end()
  t.same(
    reported.map(({ input, notes }) => [input, notes]),
    [
      [0, []],
      [1, [note]],
    ],
  )
  t.match(errors, [{ code: 'AVIO_ERR_STREAM_MISSING', message: /^It has its tags .* set "onMissing"/ }])
})

t.test('leaves an error of a listener to the process', async t => {
  const own = new Error('of a listener')
  const thrown = await uncaught(async () => {
    const stage = new FfmpegTransform({ output: COPY })
    stage.on('input', () => {
      throw own
    })
    await pipeline(new ChunkedSource(await matroska()), stage, new Collector())
  })
  t.same(thrown, [own])
})
