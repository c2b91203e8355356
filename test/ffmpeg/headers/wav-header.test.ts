import t from 'tap'
import { WavHeader } from '../../../lib/ffmpeg/headers/wav-header.js'
import { GiB } from '../../../lib/options.js'
import { assemble } from '../../support/deferred-header.js'
import { audioInput, ffmpegToFile, ffmpegToPipe, ffprobeJson } from '../../support/media.js'

const short = audioInput({ seconds: 0.02, sampleRate: 8000 })

/** The output of ffmpeg to a pipe and to a file. */
async function both(args: string[], input = short): Promise<[stream: Buffer, file: Buffer]> {
  const all = [...input, ...args, '-f', 'wav']
  return [await ffmpegToPipe(all), await ffmpegToFile(all, 'media.wav')]
}

function filledTo(samples: number): string {
  return `apad=whole_len=${samples},atrim=end_sample=${samples}`
}

const ENCODINGS: Record<string, string[]> = {
  'plain PCM': [],
  'an odd number of bytes': ['-c:a', 'pcm_u8', '-af', 'atrim=end_sample=77'],
  '24-bit PCM in the extensible format': ['-c:a', 'pcm_s24le', '-ac', '6'],
  'floating point': ['-c:a', 'pcm_f32le'],
  'A-law': ['-c:a', 'pcm_alaw'],
  'Microsoft ADPCM in whole blocks': ['-c:a', 'adpcm_ms', '-af', filledTo(4 * 2036)],
  'IMA ADPCM in whole blocks': ['-c:a', 'adpcm_ima_wav', '-af', filledTo(4 * 2041)],
  'tags of more than one kind': ['-metadata', 'title=odd', '-write_bext', '1', '-metadata', 'description=x'],
  'room for 64-bit sizes': ['-rf64', 'auto'],
  '64-bit sizes': ['-rf64', 'always'],
}

for (const [what, args] of Object.entries(ENCODINGS)) {
  t.test(`turns a WAV with ${what} into ffmpeg's own file, byte for byte`, async t => {
    const [stream, file] = await both(args)
    t.notSame(stream, file)
    t.same(assemble(new WavHeader(), stream), file)
  })
}

t.test('counts the samples of the padded last ADPCM block, with the same data', async t => {
  for (const [codec, blockSamples] of [
    ['adpcm_ms', 2036],
    ['adpcm_ima_wav', 2041],
  ] as const) {
    const [stream, file] = await both(['-c:a', codec, '-af', filledTo(8000)])
    const made = assemble(new WavHeader(), stream)
    const place = file.indexOf('fact') + 8
    const [samples, encoded] = [made.readUInt32LE(place), file.readUInt32LE(place)]
    t.equal(samples, 4 * blockSamples, 'whole blocks')
    t.ok([8000, samples].includes(encoded), `ffmpeg says ${encoded}`)
    t.same(made.fill(0, place, place + 4), file.fill(0, place, place + 4))
  }
})

t.test('gives the same result in any chunking', async t => {
  const [stream, file] = await both(['-metadata', 'title=odd', '-c:a', 'pcm_alaw'])
  for (let size = 1; size <= stream.length; size++) {
    if (!assemble(new WavHeader(), stream, { size }).equals(file)) t.fail(`cut every ${size} bytes`)
  }
  for (let first = 1; first < stream.length; first++) {
    const head = new WavHeader()
    const rest = [stream.subarray(0, first), stream.subarray(first)].flatMap(chunk => head.write(chunk))
    head.end()
    if (!Buffer.concat([head.head(), ...rest]).equals(file)) t.fail(`cut at ${first}`)
  }
})

t.test('passes the data on without copying', async t => {
  const [stream] = await both([])
  const [data] = new WavHeader().write(stream)
  t.equal(data!.buffer, stream.buffer)
})

t.test('pads a longer header, and states the same values', async t => {
  const [stream, file] = await both([])
  const long = assemble(new WavHeader(), stream, { length: 4096 })
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
  t.same(assemble(new WavHeader(), stream, { length: fits }), file)
  for (const length of [fits - 2, fits + 6, fits + 9]) {
    t.throws(() => assemble(new WavHeader(), stream, { length }), { code: 'AVIO_ERR_HEADER_TOO_LARGE' })
  }
})

/** A header writer after `size` bytes of media, none of which it keeps. */
function after(stream: Buffer, size: number): WavHeader {
  const head = new WavHeader()
  let left = size - head.write(stream).reduce((sum, { length }) => sum + length, 0)
  for (const zeros = Buffer.alloc(2 ** 24); left > 0; left -= zeros.length) {
    head.write(zeros.subarray(0, Math.min(left, zeros.length)))
  }
  head.end()
  return head
}

t.test('writes an RF64 with 64-bit sizes above 4 GiB', async t => {
  const size = 5 * GiB + 2
  for (const args of [[], ['-rf64', 'auto'], ['-rf64', 'always']]) {
    const [stream] = await both(args)
    const head = after(stream, size).head()
    t.equal(head.toString('latin1', 0, 4), 'RF64')
    t.equal(head.readUInt32LE(4), 0xffffffff)
    t.equal(head.toString('latin1', 12, 16), 'ds64')
    t.equal(head.readUInt32LE(16), 28)
    t.equal(head.readBigUInt64LE(20), BigInt(head.length + size - 8), 'the size of the file')
    t.equal(head.readBigUInt64LE(28), BigInt(size), 'the size of the data')
    t.equal(head.readBigUInt64LE(36), BigInt(size / 2), 'the number of samples')
    t.equal(head.readUInt32LE(head.length - 4), 0xffffffff)
    t.notOk(head.includes('JUNK'))
  }
})

t.test('begins an RF64 with its sizes wherever room is reserved, and keeps every other chunk', t => {
  const chunk = (id: string, size: number) => {
    const bytes = Buffer.alloc(8 + size, id)
    bytes.write(id, 'latin1')
    bytes.writeUInt32LE(size, 4)
    return bytes
  }
  const format = chunk('fmt ', 16)
  format.write('\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0', 8, 'latin1')
  const [room, small, list] = [chunk('JUNK', 28), chunk('JUNK', 4), chunk('LIST', 26)]
  const orders: Record<string, Buffer[]> = {
    none: [format, list],
    first: [room, format, list],
    'after the format': [format, room, list],
    'at the end': [format, list, room],
    'too small': [format, small, list],
    'two chunks': [format, room, small, list, chunk('JUNK', 40)],
  }
  for (const [what, chunks] of Object.entries(orders)) {
    const start = Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1')
    const stream = Buffer.concat([start, ...chunks, Buffer.from('data\xff\xff\xff\xff', 'latin1')])
    const head = after(stream, 5 * GiB).head()
    t.equal(head.toString('latin1', 12, 16), 'ds64', what)
    const rest = chunks.filter(each => each !== room)
    t.same(head.subarray(12 + 36, -8), Buffer.concat(rest), what)
    t.equal(head.readBigUInt64LE(20), BigInt(head.length + 5 * GiB - 8), what)
  }
  t.end()
})

t.test('switches to RF64 just above the largest 32-bit size', async t => {
  const [stream] = await both([])
  const headSize = new WavHeader().write(stream).length && stream.length - 320
  const largest = 2 ** 32 - 1 + 8 - headSize
  const even = largest - (largest % 2)
  t.equal(after(stream, even).head().toString('latin1', 0, 4), 'RIFF')
  t.equal(
    after(stream, even + 2)
      .head()
      .toString('latin1', 0, 4),
    'RF64',
  )
  t.equal(
    after(stream, even).head(8192).toString('latin1', 0, 4),
    'RF64',
    'the padding of the header counts, too',
  )
})

t.test('gives an RF64 of 5 GiB a duration that ffprobe reads', async t => {
  const [stream] = await both([])
  const head = after(stream, 5 * GiB).head()
  const probed = await ffprobeJson<{ streams: { duration_ts: number }[] }>(head, [
    '-show_entries',
    'stream=duration_ts',
  ])
  t.equal(probed.streams[0]!.duration_ts, (5 * GiB) / 2)
})

t.test('rejects anything but WAV, and an early end', async t => {
  const [stream] = await both([])
  t.throws(() => new WavHeader().write(Buffer.from('OggS and much more')), {
    code: 'AVIO_ERR_HEADER_INVALID',
  })
  t.throws(() => new WavHeader().write(Buffer.from('RIFF....AVI LIST')), { message: /"AVI " .*"WAVE"/ })
  for (const size of [0, 8, 30]) {
    t.throws(() => assemble(new WavHeader(), stream.subarray(0, size)), {
      message: /ended within its header/,
    })
  }
  const endless = Buffer.from(stream)
  endless.writeUInt32LE(2 ** 31, 16)
  t.throws(() => new WavHeader().write(endless), { message: /limit of 1048576 bytes/ })
})
