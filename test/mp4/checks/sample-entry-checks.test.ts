import t from 'tap'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { sampleEntryProblems } from '../../../lib/mp4/checks/sample-entry-checks.js'
import {
  AUDIO,
  VIDEO,
  audioSampleEntry,
  avcC,
  box,
  esds,
  fullBox,
  moov,
  u8,
  videoSampleEntry,
} from '../../support/fmp4.js'
import { topLevel } from '../../support/sample-tables.js'

function problems(entry: Buffer, kind = VIDEO, counted = 1): (string | undefined)[] {
  const bytes = moov([{ ...kind, entry }])
  bytes.writeUInt32BE(counted, bytes.indexOf('stsd') + 8)
  const movie = topLevel(bytes)
  const stsd = movie.needChild('trak').needChild('mdia').needChild('minf').needChild('stbl').needChild('stsd')
  return [...sampleEntryProblems(stsd, parseMovie(movie).tracks[0]!)].map(error => {
    return `${error.code.slice('AVIO_ERR_MP4_'.length)} ${error.boxPath!.split('/').at(-1)!}`
  })
}

t.test('accepts a complete configuration', async t => {
  t.same(problems(videoSampleEntry()), [])
  t.same(problems(audioSampleEntry(), AUDIO), [])
  t.same(problems(videoSampleEntry('abcd', u8())), [], 'an unknown format needs none')
  t.same(problems(audioSampleEntry('mp4a', esds(0x6b)), AUDIO), [], 'MP3 needs no more')
})

t.test('reports a missing configuration, for each format', async t => {
  for (const format of ['avc1', 'avc3', 'hvc1', 'hev1', 'av01', 'vp09', 'mp4v', 'dvh1']) {
    t.same(problems(videoSampleEntry(format, u8())), [`BOX_MISSING ${format}[0]`])
  }
  for (const format of ['mp4a', 'Opus', 'fLaC', 'ac-3', 'ec-3']) {
    t.same(problems(audioSampleEntry(format, u8()), AUDIO), [`BOX_MISSING ${format}[0]`])
  }
})

t.test('reports a configuration cut at any byte', async t => {
  const whole = avcC().subarray(8)
  for (let length = 0; length < whole.length; length++) {
    t.same(problems(videoSampleEntry('avc1', box('avcC', whole.subarray(0, length)))), [
      'BOX_INVALID avcC[0]',
    ])
  }
  const sets = u8(1, 0x64, 0, 0x28, 0xff, 0xe1, 0, 2, 1, 2, 1, 0, 3, 1, 2, 3)
  t.same(problems(videoSampleEntry('avc1', box('avcC', sets))), [])
  for (let length = 0; length < sets.length; length++) {
    t.same(problems(videoSampleEntry('avc1', box('avcC', sets.subarray(0, length)))), ['BOX_INVALID avcC[0]'])
  }
  const hevc = Buffer.concat([Buffer.alloc(22, 1), u8(1, 0x20, 0, 1, 0, 2, 7, 7)])
  t.same(problems(videoSampleEntry('hvc1', box('hvcC', hevc))), [])
  for (let length = 0; length < hevc.length; length++) {
    t.same(problems(videoSampleEntry('hvc1', box('hvcC', hevc.subarray(0, length)))), ['BOX_INVALID hvcC[0]'])
  }
  t.same(problems(audioSampleEntry('mp4a', esds(0x40, [0x11])), AUDIO), ['BOX_INVALID esds[0]'])
  t.same(problems(audioSampleEntry('mp4a', fullBox('esds', 0, 0)), AUDIO), ['BOX_INVALID esds[0]'])
})

t.test('reports counted but missing sample entries', async t => {
  t.same(problems(videoSampleEntry(), VIDEO, 2), ['BOX_INVALID stsd'])
  t.same(problems(videoSampleEntry(), VIDEO, 0), ['BOX_INVALID stsd'])
})
