import t from 'tap'
import { HeadWalk } from '../../../lib/ffmpeg/input/metadata-walk.js'
import { mp4Proof } from '../../../lib/ffmpeg/route/mp4-proof.js'
import { badlyInterleaved } from '../../support/bad-interleave.js'
import { bothInputs, fastStartMp4, ffmpegToFile, fragmentedMp4, indexLastMp4 } from '../../support/media.js'
import { copyOf, every, putTogether, takeApart } from '../../support/surgery.js'
import { backwardsEdits } from '../../sweep/surgery.js'

const proofOf = (head: Buffer) => mp4Proof(head, new HeadWalk())
const SAME = { kind: 'same' }
const FAST = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-movflags', '+faststart']

t.test('needs only an index in front, and proves nothing for an index that is too large', async t => {
  const front = await fastStartMp4()
  const end = front.indexOf('mdat') - 4
  let wanted = 64
  while (wanted < end) {
    const proof = proofOf(front.subarray(0, wanted))
    if (proof.kind !== 'open') break
    t.ok(proof.wanted > wanted, 'wants more than it has')
    wanted = proof.wanted
  }
  t.ok(wanted <= end)
  t.same(proofOf(front.subarray(0, wanted)), SAME)
  const large = Buffer.from('\x7f\xff\xff\xffmoov00000000', 'latin1')
  t.match(proofOf(large), { kind: 'other', reason: 'container' })
})

t.test('proves a file with media or fragments in front safe to pipe', async t => {
  t.same(proofOf(await indexLastMp4()), SAME)
  t.same(proofOf(await fragmentedMp4()), SAME)
  const fragments = await fragmentedMp4()
  t.same(proofOf(fragments.subarray(fragments.indexOf('moof') - 4)), SAME)
})

t.test('finds tracks that lie more than 8 MiB apart at the same time', async t => {
  const highBitrate = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25', '-c:a', 'pcm_s16le']
  const source = [...bothInputs({ seconds: 12, size: '1280x720' }), ...highBitrate, '-movflags', '+faststart']
  const media = await ffmpegToFile(source, 'high-bitrate.mov')
  t.same(proofOf(media), SAME)
  t.match(proofOf(badlyInterleaved(media)), { kind: 'other', reason: 'far-apart' })
  t.same(proofOf(badlyInterleaved(await fastStartMp4())), SAME, 'a small file is never too far apart')
})

t.test('finds samples that the index makes ffmpeg seek to at once', async t => {
  const timecode = await ffmpegToFile([...bothInputs(), ...FAST, '-timecode', '10:00:00:00'], 'a.mov')
  t.match(proofOf(timecode), { kind: 'other', reason: 'container', what: /timecode/ })

  const edited = backwardsEdits(await ffmpegToFile([...bothInputs({ seconds: 8 }), ...FAST], 'e.mp4'))
  t.match(proofOf(edited), { kind: 'other', reason: 'container', what: /seeks back/ })

  const media = await fastStartMp4()
  const pieces = takeApart(media)
  every(pieces, 'trak')[0]!.kids!.push({
    type: 'tref',
    data: Buffer.from('0000000c 63686170 00000003'.replaceAll(' ', ''), 'hex'),
  })
  t.match(proofOf(putTogether(pieces)), { kind: 'other', reason: 'container', what: /chapter/ })
})

t.test('proves forward edits safe to pipe, and ignores an empty edit', async t => {
  const forth = backwardsEdits(await ffmpegToFile([...bothInputs({ seconds: 8 }), ...FAST], 'f.mp4'))
  const pieces = takeApart(forth)
  for (const { data } of every(pieces, 'elst')) {
    const [first, second] = [data!.readInt32BE(12), data!.readInt32BE(24)]
    data!.writeInt32BE(second, 12)
    data!.writeInt32BE(first, 24)
  }
  t.same(proofOf(putTogether(pieces)), SAME)
  for (const place of [12, 24]) {
    const one = pieces.map(copyOf)
    for (const { data } of every(one, 'elst')) data!.writeInt32BE(-1, place)
    t.same(proofOf(putTogether(one)), SAME)
  }
})

t.test('proves nothing for items in front, as in a HEIF image, or for a broken index', async t => {
  const box = (type: string, content: Buffer) => {
    const header = Buffer.alloc(8)
    header.writeUInt32BE(content.length + 8, 0)
    header.write(type, 4, 'latin1')
    return Buffer.concat([header, content])
  }
  const ftyp = box('ftyp', Buffer.from('avif0000avif'))
  const meta = box('meta', Buffer.alloc(40))
  t.match(proofOf(Buffer.concat([ftyp, meta, box('mdat', Buffer.alloc(100))])), { kind: 'other' })
  t.match(proofOf(Buffer.concat([ftyp, meta, box('moov', Buffer.alloc(100))])), { kind: 'other' })
  t.match(proofOf(Buffer.concat([ftyp, box('moov', Buffer.alloc(100, 0xff))])), { kind: 'other' })
  t.match(proofOf(Buffer.concat([ftyp, Buffer.alloc(100)])), { kind: 'other' }, 'boxes without a size')
})
