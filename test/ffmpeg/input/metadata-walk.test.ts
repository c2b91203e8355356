import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { hasCover, metadataEnd } from '../../../lib/ffmpeg/input/metadata-walk.js'
import { containerOf } from '../../../lib/ffmpeg/input/container-sniffer.js'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { runCommand, topLevelBoxes } from '../../support/command.js'
import * as media from '../../support/media.js'
import { added, headOf, streamsOf } from '../../support/preview.js'

const COUNT_PACKETS = ['-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets']

// An image that does not compress: about 400 kB of JPEG.
let image: Promise<Buffer> | undefined
function noise(): Promise<Buffer> {
  const pixels = Buffer.alloc(640 * 480 * 1.5)
  for (let at = 0, state = 1; at < pixels.length; at++) {
    state = (state * 1103515245 + 12345) % 2 ** 31
    pixels[at] = state >> 16
  }
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', '640x480', '-i', 'pipe:0']
  return (image ??= media.ffmpegThroughPipes(
    [...raw, '-c:v', 'mjpeg', '-q:v', '2', '-f', 'image2pipe'],
    pixels,
  ))
}

/** Media with cover art; `args` follow the input of the image. */
async function covered(t: Test, args: readonly string[], name: string): Promise<Buffer> {
  const cover = join(t.testdir({ 'cover.jpg': await noise() }), 'cover.jpg')
  return media.ffmpegToFile(['-i', cover, ...args], name)
}

const tone = media.audioInput({ seconds: 3 })
const song = [...tone, '-map', '1', '-map', '0', '-c:v', 'copy', '-disposition:v', 'attached_pic']

/** Vorbis comments hold a cover as a FLAC image block (RFC 9639 §8.8) in base64. */
async function oggWithCover(t: Test): Promise<Buffer> {
  const data = await noise()
  const mime = Buffer.from('image/jpeg')
  const words = (...values: number[]) =>
    Buffer.concat(values.map(value => Buffer.from([0, 0, value >> 8, value & 255])))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const block = Buffer.concat([words(3, mime.length), mime, words(0, 640, 480, 24, 0), length, data])
  const comment = `;FFMETADATA1\nMETADATA_BLOCK_PICTURE=${block.toString('base64').replaceAll('=', '\\=')}\n`
  const file = join(t.testdir({ 'cover.txt': comment }), 'cover.txt')
  return media.ffmpegToPipe([...tone, '-i', file, '-map_metadata', '1', '-c:a', 'libvorbis', '-f', 'ogg'])
}

t.test('leaves out cover art of audio files, however large, and keeps the audio', async t => {
  const files = {
    mp3: await covered(t, [...song, '-id3v2_version', '3'], 'song.mp3'),
    m4a: await covered(t, [...song, '-c:a', 'aac', '-movflags', '+faststart'], 'song.m4a'),
    flac: await covered(t, song, 'song.flac'),
    ogg: await oggWithCover(t),
  }
  for (const [name, input] of Object.entries(files)) {
    t.ok(input.length > 300_000, `${name} contains the image`)
    const args = name === 'mp3' || name === 'm4a' ? ['-c', 'copy'] : ['-c:a', 'aac']
    const list = await added(input, 'mp4', args)
    t.same(list, ['-vn'], name)
    t.same(await streamsOf(t, { input, format: 'mp4', args, added: list }), [name === 'mp3' ? 'mp3' : 'aac'])
  }
  const broken = await runCommand({ input: files.m4a, format: 'mp4', args: ['-c', 'copy'] })
  t.equal(broken.code, 0)
  t.match(
    topLevelBoxes(broken.bytes).at(-1),
    { type: 'moov', size: 0 },
    'without the argument, the index has no size',
  )
})

t.test('leaves out mapped cover art beside video, and ignores unmapped cover art', async t => {
  const film = [
    ...media.bothInputs({ seconds: 3 }),
    '-map',
    '1',
    '-map',
    '2',
    '-map',
    '0',
    ...media.H264,
    '-c:v:1',
    'copy',
  ]
  const cover = ['-disposition:v:1', 'attached_pic']
  const mp4 = await covered(t, [...film, ...cover, '-movflags', '+faststart'], 'film.mp4')
  const args = ['-map', '0', '-c', 'copy']
  const list = await added(mp4, 'mp4', args)
  t.same(list, ['-map', '-0:2'])
  t.same(await streamsOf(t, { input: mp4, format: 'mp4', args, added: list }), ['h264', 'aac'])
  t.ok(
    headOf(mp4, [{ format: 'mp4', args: ['-c', 'copy'] }]).length < 10_000,
    'ffmpeg chooses the video by itself',
  )
  t.same(await added(mp4, 'mp4', ['-c', 'copy']), [])

  const folder = t.testdir({ 'cover.jpg': await noise() })
  const attach = ['-attach', join(folder, 'cover.jpg'), '-metadata:s:t', 'mimetype=image/jpeg']
  const mkv = await media.ffmpegToFile(
    [...media.bothInputs(), ...media.H264, ...media.AAC, ...attach],
    'film.mkv',
  )
  const left = await added(mkv, 'mp4', args)
  t.same(left, ['-map', '-0:2'])
  t.same(await streamsOf(t, { input: mkv, format: 'mp4', args, added: left }), ['h264', 'aac'])
})

t.test('leaves out the cover in a tag before raw AAC, and unwraps the AAC', async t => {
  const song3 = await covered(t, [...song, '-id3v2_version', '3'], 'song.mp3')
  const adts = await media.ffmpegToPipe([...tone, ...media.AAC, '-f', 'adts'])
  const input = Buffer.concat([song3.subarray(0, metadataEnd(song3)), adts])
  const list = await added(input, 'ipod', ['-c', 'copy'])
  t.same(list, ['-vn', '-bsf:0', 'aac_adtstoasc'])
  t.same(await streamsOf(t, { input, format: 'ipod', args: ['-c', 'copy'], added: list }), ['aac'])
})

t.test('treats a cover that the user maps and encodes as ordinary video', async t => {
  const input = await covered(t, [...song, '-id3v2_version', '3'], 'song.mp3')
  const args = ['-map', '0:a', '-map', '0:v', '-c:a', 'copy', '-c:v', 'mpeg4', '-r', '25']
  t.same(await added(input, 'mp4', args), [])
})

t.test('finds the end of the metadata from any beginning of the input, one header at a time', async t => {
  const inputs = {
    id3: await covered(t, [...song, '-id3v2_version', '3'], 'song.mp3'),
    mp4: await covered(t, [...song, '-c:a', 'aac', '-movflags', '+faststart'], 'song.m4a'),
    flac: await covered(t, song, 'song.flac'),
    ogg: await oggWithCover(t),
  }
  for (const [container, input] of Object.entries(inputs)) {
    t.equal(containerOf(input), container)
    const end = metadataEnd(input)
    t.ok(end > 300_000 && end < input.length, `${container}: ${end} of ${input.length}`)
    t.equal(hasCover(input), true)
    for (let length = 16; length < 2000; length++) {
      const wanted = metadataEnd(input.subarray(0, length))
      if (wanted <= length || wanted > end + 27) t.fail(`${container}: ${wanted} at ${length}`)
    }
    // A head that grows to the wanted length reaches the end.
    let length = 16
    for (let wanted = 0; (wanted = metadataEnd(input.subarray(0, length))) > length;) length = wanted
    t.ok(length >= end)
  }
})

t.test('finds no cover in media without one', async t => {
  for (const input of [await media.fastStartMp4(), await media.matroska(), await media.indexLastMp4()]) {
    t.equal(hasCover(input), false)
  }
  t.equal(metadataEnd(await media.transportStream()), 0)
})

t.test("reads the length of the ASF header, and finds a cover's name in UTF-16", async t => {
  const header = Buffer.alloc(100)
  header.write('3026b2758e66cf11a6d900aa0062ce6c', 'hex')
  header.writeBigUInt64LE(100n, 16)
  t.equal(metadataEnd(header), 100)
  t.equal(hasCover(header), false)
  header.write('WM/Picture', 40, 'utf16le')
  t.equal(hasCover(header), true)
})

t.test('stops at hostile sizes', async t => {
  const ones = Buffer.alloc(4096, 0xff)
  const signatures = [
    'fLaC',
    'OggS',
    'ID3',
    '\x1aE\xdf\xa3',
    '\0\0\0\x08ftyp',
    '\0\0\0\0moov',
    '\0\0\0\x01moov',
  ]
  for (const signature of signatures) {
    for (const filling of [ones, Buffer.alloc(4096)]) {
      const head = Buffer.concat([Buffer.from(signature, 'latin1'), filling])
      t.type(metadataEnd(head), 'number')
      t.type(hasCover(head), 'boolean')
    }
  }
})

t.test("does not mistake video with a camera's jittering times for a cover", async t => {
  const clock = ['-enc_time_base', '1/90000', '-video_track_timescale', '90000', '-fps_mode', 'vfr']
  const frames = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25:duration=2']
  const camera = [...frames, '-vf', "settb=1/90000,setpts='N*3600+mod(N*N*911\\,1777)'", ...clock]
  for (const codec of ['mjpeg', 'png']) {
    const film = await media.ffmpegToFile([...camera, '-c:v', codec], 'camera.mov')
    const args = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
    // Its index comes last, so that only seeking reveals its tracks.
    const source = new BytesSource({ bytes: film })
    const made = await buffer(new FfmpegReadable({ input: { source }, output: { format: 'mp4', args } }))
    const { streams } = await media.ffprobeJson<{ streams: unknown[] }>(made, COUNT_PACKETS)
    t.match(streams, [{ codec_name: 'h264', nb_read_packets: '50' }], codec)
  }
})
