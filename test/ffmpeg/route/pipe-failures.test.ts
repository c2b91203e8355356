import t from 'tap'
import { checkPipe, failureBytes, pipeFailure } from '../../../lib/ffmpeg/route/pipe-failures.js'
import { OLDEST } from '../../../lib/ffmpeg/binary/version.js'

const NEWEST = { name: '9.0', libavformat: [63, 1] } as const
const SEVEN = { name: '7.1', libavformat: [61, 7] } as const
const head = (hex: string, length: number) => {
  const bytes = Buffer.alloc(length)
  Buffer.from(hex.replaceAll(' ', ''), 'hex').copy(bytes)
  return bytes
}
const GIF = '474946383961'
const KEPT = 64 * 1024
const check = (bytes: Buffer, version = OLDEST as { name: string; libavformat: readonly [number, number] }) =>
  checkPipe({ head: bytes, format: undefined }, 's3://media/a', version)

t.test('refuses a GIF larger than the pipe buffer of ffmpeg 5.1 for this version only', async t => {
  t.equal(failureBytes(head(GIF, 16), undefined), 1024, 'enough to recognize the container')
  t.equal(failureBytes(head(GIF, 1024), undefined), KEPT + 1)
  t.equal(check(head(GIF, KEPT)), undefined)
  t.throws(() => check(head(GIF, KEPT + 1)), {
    code: 'AVIO_ERR_INPUT_NEEDS_SEEK',
    message: /^s3:\/\/media\/a is a GIF .* ffmpeg 5\.1 can't .* Store it first/,
  })
  t.equal(check(head(GIF, KEPT + 1), NEWEST), undefined)
  t.equal(
    checkPipe({ head: head(GIF, KEPT + 1), format: undefined }),
    undefined,
    'the version of ffmpeg is unknown',
  )
  t.equal(
    checkPipe({ head: head(GIF, KEPT + 1), format: 'gif_pipe' }, 'a', OLDEST),
    undefined,
    'another demuxer',
  )
})

t.test('recognizes each row by its first bytes, beyond its size, up to its version', async t => {
  const desc = (codec: string) =>
    `63616666 00010000 64657363 00000000 00000020 40e77000 00000000 ${Buffer.from(codec).toString('hex')}`
  const png = (plays: string) =>
    `89504e47 0d0a1a0a 0000000d ${'00'.repeat(21)} 00000008 6163544c 00000019 ${plays}`
  for (const [name, hex, within, until] of [
    ['APNG', png('00000000'), KEPT, SEVEN],
    ['WTV', 'b7d80020 3749da11 a64e0007 e95ead8d', 0, NEWEST],
    ['CAF', desc('alac'), 0, NEWEST],
    ['TIFF', '49492a00', 4096, NEWEST],
    ['TIFF', '4d4d002a', 4096, NEWEST],
    ['OpenEXR', '762f3101', 4096, NEWEST],
    ['SGI', '01da', 4096, NEWEST],
    ['Sun', '59a66a95', 4096, NEWEST],
    ['JPEG XL', 'ff0a', 4096, OLDEST],
    ['JPEG XL', '0000000c 4a584c20 0d0a870a', 4096, OLDEST],
  ] as const) {
    const size = Math.max(within + 1, 200)
    t.throws(() => check(head(hex, size), until), { message: new RegExp(name) }, `${name} ${until.name}`)
    if (within > 0) t.equal(check(head(hex, within), until), undefined, 'small enough')
    if (until !== NEWEST) t.equal(check(head(hex, size), NEWEST), undefined)
  }
  t.equal(check(head(desc('lpcm'), 200)), undefined, 'packets of constant size need no table')
  t.equal(check(head(png('00000001'), KEPT + 1)), undefined, 'an APNG that plays once')
})

t.test('refuses an AVIF image larger than the pipe buffer of newer versions', async t => {
  for (const brand of ['avif', 'mif1']) {
    const start = `00000020 66747970 ${Buffer.from(brand).toString('hex')}`
    t.equal(failureBytes(head(start, 12), undefined), KEPT + 1)
    t.equal(check(head(start, KEPT), NEWEST), undefined, 'small enough')
    for (const version of [SEVEN, NEWEST])
      t.throws(() => check(head(start, KEPT + 1), version), {
        message: /is an AVIF image .* Store it first/,
      })
    t.equal(check(head(start, KEPT + 1)), undefined, 'the oldest knows its index alone')
  }
  for (const brand of ['avis', 'isom', 'qt  ']) {
    const start = `00000020 66747970 ${Buffer.from(brand).toString('hex')}`
    t.equal(failureBytes(head(start, 4), undefined), 12)
    t.equal(failureBytes(head(start, 12), undefined), 0, brand)
    t.equal(check(head(start, KEPT + 1), NEWEST), undefined, brand)
  }
})

t.test('names the container after a failure of the tool, of any version', async t => {
  const cause = new Error('Input/output error')
  const failed = (bytes: Buffer) => pipeFailure({ head: bytes, format: undefined }, cause)
  t.match(failed(head(GIF, KEPT + 1)), {
    ...{ code: 'AVIO_ERR_INPUT_NEEDS_SEEK', cause },
    message: /^The input is a GIF .* Store it first, then probe the object\.$/,
  })
  t.equal(failed(head(GIF, KEPT)), undefined, 'small enough')
  t.equal(failed(head('1a45dfa3', KEPT + 1)), undefined)
})

t.test('reports the loss on a pipe, with the name of the input', async t => {
  const lost = 'has its tags after the media'
  const warning = checkPipe({ head: Buffer.alloc(100), format: undefined, lost }, 'talk.mkv', NEWEST)
  t.match(warning, /^talk\.mkv has its tags after the media\. ffmpeg can't seek there on a pipe/)
  t.equal(checkPipe({ head: Buffer.alloc(100), format: undefined }, 'talk.mkv', NEWEST), undefined)
})

t.test('holds back nothing of an input that matches no row', async t => {
  for (const start of ['some bytes', 'x', 'GIX', '\x89PNH', 'RIFF']) {
    t.equal(failureBytes(Buffer.from(start, 'latin1'), undefined), 0, start)
  }
  for (const start of ['G', 'GIF8', 'caf', '\x89PNG\r\n']) {
    t.ok(failureBytes(Buffer.from(start, 'latin1'), undefined) > start.length, start)
  }
  t.equal(failureBytes(Buffer.from('GIF89a'), 'mxf'), 0)
  t.equal(failureBytes(head('89504e470d0a1a0a', 1024), undefined), 0, 'a PNG without animation')
})
