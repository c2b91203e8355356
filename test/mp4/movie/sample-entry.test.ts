import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { SampleEntry, audioEntry, formatName, videoEntry } from '../../../lib/mp4/movie/sample-entry.js'
import { audioSampleEntry, avcC, box, esds, u16, u32, u8, videoSampleEntry } from '../../support/fmp4.js'

const topLevel = (bytes: Buffer): Box => Box.topLevel(bytes, 0, bytes.length, 0, 0)

t.test('reads the coded size of a video track', async t => {
  const { width, height, entry } = videoEntry(topLevel(videoSampleEntry('avc1', avcC(), [1920, 1080])))
  t.same([width, height, entry.format], [1920, 1080, 'avc1'])
  t.equal(entry.config('avcC')?.[1], 0x64)
  t.equal(entry.config('avcC', 100), undefined, 'shorter than requested')
  t.equal(entry.config('none'), undefined)
})

t.test('rejects a video entry too short for its fields', async t => {
  t.throws(() => videoEntry(topLevel(box('avc1', Buffer.alloc(20)))), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
})

t.test("skips data after the boxes of an entry, such as QuickTime's four zero bytes", async t => {
  const quicktime = videoSampleEntry('avc1', Buffer.concat([avcC(), u32(0)]))
  t.equal(videoEntry(topLevel(quicktime)).entry.config('avcC')?.length, 7)
})

t.test('takes audio properties from the configuration, else from the entry', async t => {
  const shape = (bytes: Buffer, version = 0): unknown => {
    const { channels, sampleRate } = audioEntry(topLevel(bytes), version)
    return [channels, sampleRate]
  }
  t.same(shape(audioSampleEntry('mp4a', esds(0x40, [0x12, 0x08]))), [1, 44_100], 'AAC, one channel')
  t.same(shape(audioSampleEntry('mp4a', esds(0x6b))), [2, 48_000], 'MP3 in MP4')
  t.same(shape(audioSampleEntry('Opus', box('dOps', u8(0, 6, 0, 0, 0, 0)), 0)), [6, 48_000])
  t.same(shape(audioSampleEntry('ac-3', box('dac3', u8(0x10, 0x3d, 0x00)))), [6, 48_000])
  t.same(shape(audioSampleEntry('ec-3', box('dec3', u8(0, 0, 0x20, 0x0f, 0)))), [6, 48_000])
  t.same(
    shape(audioSampleEntry('fLaC', box('dfLa', Buffer.alloc(18), u8(0x17, 0x70, 0x02, 0xf0)), 0)),
    [2, 96_000],
  )
  t.same(shape(audioSampleEntry('sowt', u8(), 0)), [2, undefined], 'a rate past 16 bits')
})

t.test(
  "reads QuickTime's audio versions 1 and 2, and does not confuse ISO's version 1 with them",
  async t => {
    const head = (version: number, ...rest: Buffer[]): Buffer =>
      box(
        'mp4a',
        Buffer.alloc(6),
        u16(1, version, 0),
        u32(0),
        u16(2, 16, 0, 0),
        u32(44_100 * 65_536),
        ...rest,
      )
    const wave = box('wave', box('frma', 'mp4a'), esds(0x40, [0x11, 0x90]), u32(8, 0))
    const first = audioEntry(topLevel(head(1, Buffer.alloc(16), wave)), 0)
    t.equal(first.sampleRate, 48_000, 'from the esds within wave')
    const rate = Buffer.alloc(8)
    rate.writeDoubleBE(96_000)
    const second = audioEntry(topLevel(head(2, u32(72), rate, u32(4), Buffer.alloc(20))), 0)
    t.same([second.channels, second.sampleRate], [4, 96_000])
    const iso = audioEntry(topLevel(head(1, esds(0x40, [0x11, 0x90]))), 1)
    t.equal(iso.sampleRate, 48_000)
    t.throws(() => audioEntry(topLevel(head(2)), 0), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
  },
)

t.test('finds no boxes in an entry shorter than its kind allows', async t => {
  t.equal(new SampleEntry(topLevel(box('tx3g')), 8).config('ftab'), undefined)
})

t.test('makes a format printable, whatever the file says', async t => {
  t.equal(formatName('mp4a'), 'mp4a')
  t.equal(formatName('raw '), 'raw')
  t.equal(formatName('\0\0\0\0'), '????')
})
