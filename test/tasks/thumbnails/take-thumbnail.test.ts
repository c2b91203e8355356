import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { type ThumbnailsOptions, thumbnails } from '../../../lib/tasks/thumbnails/thumbnails.js'
import { AAC, audioInput, ffmpegToFile, framesOf, shownAt, videoInput } from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'
import { LONG_GOP, STILL_SCREENS, VP8, stillScreen } from '../../support/still-screens.js'

/** Each thumbnail's requested time, the time of its frame, and a hash of its image. */
async function taken(options: ThumbnailsOptions): Promise<{ time: number; shown: string; hash: string }[]> {
  const list = []
  for await (const { time, pictureTime, image } of thumbnails({ exact: true, ...options, format: 'png' })) {
    const hash = createHash('md5').update(image).digest('hex')
    list.push({ time, shown: pictureTime.toFixed(4), hash })
  }
  return list
}

/** Compares thumbnails to the source, decoded from its first frame to its last. */
async function compare(t: Test, bytes: Buffer, name: string, times: readonly number[]): Promise<void> {
  const frames = await framesOf(bytes, name)
  const wanted = times.map(time => {
    const frame = shownAt(frames, time)
    return { time, shown: frame.time.toFixed(4), hash: frame.hash }
  })
  t.same(await taken({ source: new LoggedAccess(bytes), times, concurrency: 4 }), wanted, name)
}

const STILL = [1.95, 4, 6, 7.999]

for (const [name, codec, audio] of STILL_SCREENS) {
  t.test(`takes the frame shown at the time in still video: ${name}`, async t => {
    await compare(t, await stillScreen(name, codec, audio), name, STILL)
  })
}

t.test('takes the frame shown at the time if no index leads to a key frame', async t => {
  const codecs = {
    'h264.ts': [...LONG_GOP, '-g', '50'],
    'open-gop.ts': [...LONG_GOP, '-g', '30', '-x264-params', 'b-adapt=0:open-gop=1'],
    'mpeg2.ts': ['-c:v', 'mpeg2video', '-bf', '2', '-g', '40'],
    'mpeg4.ts': ['-c:v', 'mpeg4', '-g', '60'],
    'mpeg2.mpg': ['-c:v', 'mpeg2video', '-bf', '2', '-g', '40'],
  }
  for (const [name, codec] of Object.entries(codecs)) {
    const bytes = await ffmpegToFile([...videoInput({ seconds: 7 }), ...codec], name)
    await compare(t, bytes, name, [3.01, 6.99])
  }
})

t.test('takes the first frame before the media begin, and the last after their end', async t => {
  const late = [
    '-itsoffset',
    '0.067',
    ...videoInput(),
    ...audioInput({ seconds: 4 }),
    '-map',
    '0',
    '-map',
    '1',
  ]
  for (const name of ['late.mp4', 'late.mkv', 'late.ts']) {
    const bytes = await ffmpegToFile([...late, '-fps_mode', 'passthrough', ...LONG_GOP, ...AAC], name)
    await compare(t, bytes, name, [0, 0.067, 2.06, 60])
  }
  const slides = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=1/2:duration=8', '-fps_mode', 'passthrough']
  await compare(t, await ffmpegToFile([...slides, ...LONG_GOP], 'slides.mp4'), 'slides.mp4', [1.9, 5])
})

t.test('takes a frame of a source without seeking or a known length', async t => {
  const raw = await ffmpegToFile([...videoInput(), ...LONG_GOP, '-f', 'h264'], 'raw.h264')
  const icon = await ffmpegToFile(
    [...videoInput(), ...['-frames:v', '1', '-pix_fmt', 'rgba', '-c:v', 'png']],
    'icon.ico',
  )
  for (const bytes of [raw, icon]) {
    const first = (await framesOf(bytes))[0]!.hash
    const source = new LoggedAccess(bytes)
    for (const exact of [true, false])
      t.equal((await taken({ source, times: [0], exact }))[0]!.hash, first, `${exact}`)
  }
})

t.test('reads the times of WebM as players do, although its audio begins before 0', async t => {
  const args = [...videoInput({ seconds: 3 }), ...audioInput({ seconds: 3 }), ...VP8, '-c:a', 'libopus']
  const bytes = await ffmpegToFile(args, 'opus.webm')
  const [second] = await taken({ source: new LoggedAccess(bytes), times: [2.01] })
  // The video begins at 0.007 s or 0 s, depending on the version of ffmpeg; the audio begins at -0.007 s.
  t.match(second!.shown, /^2\.00[07]0$/)
  await compare(t, bytes, 'opus.webm', [0, 2, 2.01])
})
