import t from 'tap'
import { WavHead } from '../../lib/ffmpeg/wav-head.js'
import { GiB } from '../../lib/options.js'
import { assemble } from '../support/held-head.js'
import { audioInput, ffmpegToFile, ffmpegToPipe, ffprobeJson } from '../support/media.js'

const short = audioInput({ seconds: 0.02, sampleRate: 8000 })

/** What ffmpeg writes to a pipe, and to a file. */
async function both(args: string[], input = short): Promise<[stream: Buffer, file: Buffer]> {
  const all = [...input, ...args, '-f', 'wav']
  return [await ffmpegToPipe(all), await ffmpegToFile(all, 'media.wav')]
}

const ENCODINGS: Record<string, string[]> = {
  'plain PCM': [],
  'an odd number of bytes': ['-c:a', 'pcm_u8', '-af', 'atrim=end_sample=77'],
  'PCM of 24 bits in an extensible format': ['-c:a', 'pcm_s24le', '-ac', '6'],
  'floating point': ['-c:a', 'pcm_f32le'],
  'A-law': ['-c:a', 'pcm_alaw'],
  'ADPCM of Microsoft': ['-c:a', 'adpcm_ms', '-af', 'apad=whole_len=8000,atrim=end_sample=8000'],
  'ADPCM of IMA': ['-c:a', 'adpcm_ima_wav', '-af', 'apad=whole_len=8000,atrim=end_sample=8000'],
  'tags of more than one kind': ['-metadata', 'title=odd', '-write_bext', '1', '-metadata', 'description=x'],
  'room for 64 bits': ['-rf64', 'auto'],
  '64 bits': ['-rf64', 'always'],
}

for (const [what, args] of Object.entries(ENCODINGS)) {
  t.test(`a WAV with ${what} becomes the file that ffmpeg writes, byte for byte`, async t => {
    const [stream, file] = await both(args)
    t.notSame(stream, file)
    t.same(assemble(new WavHead(), stream), file)
  })
}

t.test('however the stream is cut', async t => {
  const [stream, file] = await both(['-metadata', 'title=odd', '-c:a', 'pcm_alaw'])
  for (let size = 1; size <= stream.length; size++) {
    if (!assemble(new WavHead(), stream, { size }).equals(file)) t.fail(`cut every ${size} bytes`)
  }
  for (let first = 1; first < stream.length; first++) {
    const head = new WavHead()
    const behind = [stream.subarray(0, first), stream.subarray(first)].flatMap(chunk => head.write(chunk))
    head.end()
    if (!Buffer.concat([head.head(), ...behind]).equals(file)) t.fail(`cut at ${first}`)
  }
})

t.test('the data are passed on, not copied', async t => {
  const [stream] = await both([])
  const [data] = new WavHead().write(stream)
  t.equal(data!.buffer, stream.buffer)
})

t.test('a longer head is filled up, and says the same', async t => {
  const [stream, file] = await both([])
  const long = assemble(new WavHead(), stream, { length: 4096 })
  t.equal(long.length, 4096 + 320)
  t.equal(long.readUInt32LE(4), long.length - 8)
  const shown = (bytes: Buffer) =>
    ffprobeJson(bytes, [
      '-show_packets',
      '-show_entries',
      'packet=pts,size,data_hash',
      '-show_data_hash',
      'md5',
    ])
  t.same(await shown(long), await shown(file))
  const fits = file.length - 320
  t.same(assemble(new WavHead(), stream, { length: fits }), file)
  for (const length of [fits - 2, fits + 6, fits + 9]) {
    t.throws(() => assemble(new WavHead(), stream, { length }), { code: 'AVIO_ERR_HEAD_TOO_LARGE' })
  }
})

/** A head behind which `size` bytes have come, none of which is kept. */
function after(stream: Buffer, size: number): WavHead {
  const head = new WavHead()
  let left = size - head.write(stream).reduce((sum, { length }) => sum + length, 0)
  for (const zeros = Buffer.alloc(2 ** 24); left > 0; left -= zeros.length) {
    head.write(zeros.subarray(0, Math.min(left, zeros.length)))
  }
  head.end()
  return head
}

t.test('above 4 GiB it is an RF64, whose sizes have 64 bits', async t => {
  const size = 5 * GiB + 2
  for (const args of [[], ['-rf64', 'auto'], ['-rf64', 'always']]) {
    const [stream] = await both(args)
    const head = after(stream, size).head()
    t.equal(head.toString('latin1', 0, 4), 'RF64')
    t.equal(head.readUInt32LE(4), 0xffffffff)
    t.equal(head.toString('latin1', 12, 16), 'ds64')
    t.equal(head.readUInt32LE(16), 28)
    t.equal(head.readBigUInt64LE(20), BigInt(head.length + size - 8), 'of the file')
    t.equal(head.readBigUInt64LE(28), BigInt(size), 'of the data')
    t.equal(head.readBigUInt64LE(36), BigInt(size / 2), 'samples')
    t.equal(head.readUInt32LE(head.length - 4), 0xffffffff)
    t.notOk(head.includes('JUNK'))
  }
})

t.test('the largest file of 32 bits is the last one that is no RF64', async t => {
  const [stream] = await both([])
  const headSize = new WavHead().write(stream).length && stream.length - 320
  const largest = 2 ** 32 - 1 + 8 - headSize
  const even = largest - (largest % 2)
  t.equal(after(stream, even).head().toString('latin1', 0, 4), 'RIFF')
  t.equal(
    after(stream, even + 2)
      .head()
      .toString('latin1', 0, 4),
    'RF64',
  )
  t.equal(after(stream, even).head(8192).toString('latin1', 0, 4), 'RF64', 'with what fills it up, too')
})

t.test('ffprobe reads the duration of an RF64 of five gigabytes by its head', async t => {
  const [stream] = await both([])
  const head = after(stream, 5 * GiB).head()
  const probed = await ffprobeJson<{ streams: { duration_ts: number }[] }>(head, [
    '-show_entries',
    'stream=duration_ts',
  ])
  t.equal(probed.streams[0]!.duration_ts, (5 * GiB) / 2)
})

t.test('what is no WAV, or ends too early, has no head', async t => {
  const [stream] = await both([])
  t.throws(() => new WavHead().write(Buffer.from('OggS and much more')), { code: 'AVIO_ERR_HEAD_INVALID' })
  t.throws(() => new WavHead().write(Buffer.from('RIFF....AVI LIST')), { message: /"AVI " .*"WAVE"/ })
  for (const size of [0, 8, 30]) {
    t.throws(() => assemble(new WavHead(), stream.subarray(0, size)), { message: /ended within its header/ })
  }
  const endless = Buffer.from(stream)
  endless.writeUInt32LE(2 ** 31, 16)
  t.throws(() => new WavHead().write(endless), { message: /more than the 1048576 bytes/ })
})
