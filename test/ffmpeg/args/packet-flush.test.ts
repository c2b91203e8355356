import { once } from 'node:events'
import { PassThrough, type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { isPaced } from '../../../lib/ffmpeg/args/packet-flush.js'
import {
  type FfmpegTransformOptions,
  BytesSource,
  FfmpegReadable,
  FfmpegTransform,
} from '../../../lib/index.js'
import { LINK } from '../../../lib/io/pipeline/link.js'
import { ffmpegToPipe } from '../../support/media.js'

/** 20 s of AAC in ADTS: as MP3 of 8 kbit/s less than ffmpeg's buffer. */
const sound = await ffmpegToPipe(['-f', 'lavfi', '-i', 'sine=duration=20', '-c:a', 'aac', '-f', 'adts'])
const MP3 = { format: 'mp3', args: ['-ar', '8000', '-b:a', '8k', '-write_xing', '0'] } as const
const FILLS = /(?:^| )-flush_packets 0(?: |$)/

const stored = () => new BytesSource({ bytes: sound })

/** The arguments that ffmpeg runs with, as text. */
async function argumentsOf(source: Readable, options: FfmpegTransformOptions): Promise<string> {
  const stage = new FfmpegTransform(options)
  let list: readonly string[] = []
  stage.on('spawn', ({ args }) => (list = args))
  await pipeline(source, stage, new Writable({ write: (_chunk, _encoding, callback) => callback() }))
  return list.join(' ')
}

t.test('knows what is read at the speed at which it plays', async t => {
  for (const args of [
    ['-re'],
    ['-readrate', '1'],
    ['-vf', 'realtime'],
    ['-af', 'volume=2,arealtime=limit=2'],
    ['-filter_complex', '[0:v] realtime [v]'],
    ['-filter:v', 'realtime@slow'],
  ])
    t.ok(isPaced(args, 'args'), args.join(' '))
  for (const args of [
    [],
    ['-nore'],
    ['-t', '1'],
    ['-vf', 'scale=2:2'],
    ['-metadata', 'title=realtime'],
    ['-vf', "drawtext=text='a,realtime'"],
  ])
    t.notOk(isPaced(args, 'args'), args.join(' '))
})

t.test('an input that exists already fills the buffer of the output, unless it is paced or MP4', async t => {
  const fills = async (options: FfmpegTransformOptions) =>
    FILLS.test(await argumentsOf(stored().createReadStream(), options))
  t.ok(await fills({ output: MP3 }))
  t.ok(await fills({ output: { format: 'adts', args: ['-c', 'copy'] } }))
  t.notOk(
    await fills({ output: { format: 'mp4', args: ['-c', 'copy'] } }),
    'a fragment is written as a whole',
  )
  t.notOk(await fills({ input: { args: ['-readrate', '100'] }, output: MP3 }))
  t.notOk(await fills({ output: { ...MP3, args: [...MP3.args, '-af', 'arealtime=speed=100'] } }))
  const globalArgs = ['-filter_complex', '[0:a]arealtime=speed=100[a]']
  t.notOk(await fills({ globalArgs, output: { ...MP3, args: [...MP3.args, '-map', '[a]'] } }))
})

t.test('a short object, read to its end before ffmpeg starts, exists', async t => {
  const source = new PassThrough()
  Object.assign(source, { [LINK]: { randomAccess: stored(), isAllRequested: true } })
  source.end(sound)
  t.match(await argumentsOf(source, { output: MP3 }), FILLS)
})

t.test('a source that is read by seeking exists', async t => {
  const stage = new FfmpegReadable({ input: { source: stored() }, output: MP3 })
  const spawned = once(stage, 'spawn') as Promise<[{ args: readonly string[] }]>
  stage.resume()
  const [[{ args }]] = await Promise.all([spawned, once(stage, 'end')])
  t.match(args.join(' '), FILLS)
})

t.test("the user's own choice comes after it", async t => {
  const args = await argumentsOf(stored().createReadStream(), {
    output: { ...MP3, args: [...MP3.args, '-flush_packets', '1'] },
  })
  t.match(args, /-flush_packets 0 .*-flush_packets 1 /)
})

t.test('what a live source has brought so far comes out before it ends', async t => {
  const source = new PassThrough()
  const stage = new FfmpegTransform({ output: MP3 })
  source.pipe(stage)
  source.write(sound)
  // Less than the buffer: with a filled one, nothing would come.
  const [first] = (await once(stage, 'data')) as [Buffer]
  t.ok(first.length > 0)
  source.end()
  stage.resume()
  await once(stage, 'end')
})
