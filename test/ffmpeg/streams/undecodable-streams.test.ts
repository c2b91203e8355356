import t from 'tap'
import { LogReader } from '../../../lib/ffmpeg/log/log.js'
import { StreamMapping } from '../../../lib/ffmpeg/report/stream-mapping.js'
import { Undecodable, hasRareEntry } from '../../../lib/ffmpeg/streams/undecodable-streams.js'
import { fastStartMp4 } from '../../support/media.js'
import { iphone } from '../../support/iphone.js'

function read(...lines: string[]) {
  const report = new StreamMapping()
  const undecodable = new Undecodable()
  const log = new LogReader(entry => {
    report.push(entry)
    undecodable.see(entry)
  })
  log.push(Buffer.from(lines.map(line => `${line}\n`).join('')))
  log.end()
  const keys = [...report.streams].filter(([key, stream]) => undecodable.has(key, stream)).map(([key]) => key)
  return { keys, undecodable, report }
}

const input = (codec: string) => [
  "[info] Input #0, mov,mp4, from 'pipe:0':",
  '[info]   Stream #0:0[0x1]: Video: h264 (High), yuv420p, 64x64',
  `[info]   Stream #0:1[0x2]: Audio: ${codec} (apac / 0x63617061), 44100 Hz, 4 channels`,
  '[info]   Stream #0:2[0x3]: Data: none (mebx / 0x7862656D)',
]

t.test('recognizes a stream without a decoder in the log of each version', async t => {
  t.same(read(...input('none')).keys, ['0:1'], 'audio whose codec has no name; data needs none')
  t.same(read(...input('apple_apac')).keys, [])
  const five = '[error] Decoder (codec apple_apac) not found for input stream #0:1'
  t.same(read(...input('apple_apac'), five).keys, ['0:1'])
  const six = '[aist#0:1/apple_apac @ 0x1] [error] Decoding requested, but no decoder found for: apple_apac'
  t.same(read(...input('apple_apac'), six).keys, ['0:1'])
  t.same(
    read(...input('apple_apac'), five.replace('error', 'info')).keys,
    [],
    'text from the media has another level',
  )
})

t.test('doubts a copy rejected by the muxer, until it knows whether ffmpeg can decode it', async t => {
  const mapping = ['[info] Stream mapping:', '[info]   Stream #0:1 -> #0:0 (copy)']
  const refused =
    '[mp4 @ 0x1] [error] Could not find tag for codec apple_apac in stream #0, codec not currently supported'
  const { undecodable, report } = read(...input('apple_apac'), ...mapping, refused)
  t.match(undecodable.doubtful(report), { input: 0, inputStream: 1 })
  const other = read(...input('apple_apac'), ...mapping, refused.replace('#0', '#1'))
  t.equal(other.undecodable.doubtful(other.report), undefined)
  const answer = read('[error] Decoder (codec apple_apac) not found for input stream #0:1').undecodable
  undecodable.learn(answer)
  t.equal(undecodable.has('0:1', { kind: 'Audio', codec: 'apple_apac', isCover: false }), true)
})

t.test('finds the rare codec in an index cut anywhere', async t => {
  const [rare, plain] = [await iphone(), await fastStartMp4()]
  t.equal(hasRareEntry(rare), true)
  t.equal(hasRareEntry(plain), false)
  const at = rare.indexOf('apac')
  for (let length = at - 60; length < at + 8; length++) {
    t.equal(hasRareEntry(rare.subarray(0, length)), length >= at + 4, `cut at ${length}`)
  }
})
