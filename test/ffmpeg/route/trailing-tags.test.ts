import t from 'tap'
import { isTagBehind, matroskaProof, waveProof } from '../../../lib/ffmpeg/route/trailing-tags.js'
import { HeadWalk } from '../../../lib/ffmpeg/input/metadata-walk.js'
import type { PipeProof } from '../../../lib/ffmpeg/route/pipe-proof.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { ID } from '../../../lib/matroska/segment.js'
import { EBML_HEADER, SEGMENT_START, element, endless, matroskaFile, seekHead } from '../../support/ebml.js'
import { audioInput, ffmpegToFile, matroska } from '../../support/media.js'
import {
  withApeTag,
  withAttachmentsBehind,
  withChaptersBehind,
  withId3v1,
  withListBehind,
  withTagsBehind,
} from '../../sweep/surgery.js'

const SAME = { kind: 'same' }
const TAGS = 0x1254c367
const SIGNAL = new AbortController().signal
const cluster = element(ID.cluster, Buffer.alloc(100))

async function isBehind(proof: PipeProof, bytes: Buffer): Promise<boolean> {
  if (proof.kind !== 'unless-behind') throw new Error(proof.kind)
  return proof.isBehind(new BytesSource({ bytes }), SIGNAL)
}

/** Asks as a stage does: with no more bytes than wanted. */
function decided(bytes: Buffer, proofOf: (head: Buffer, walk: HeadWalk) => PipeProof) {
  const walk = new HeadWalk()
  let length = 16
  for (;;) {
    const proof = proofOf(bytes.subarray(0, length), walk)
    if (proof.kind !== 'open') return { proof, bytes: length, visited: walk.visited }
    if (proof.wanted <= length) throw new Error('wants no more than it has')
    length = proof.wanted
  }
}

t.test('decides on Matroska by the elements before its first cluster', async t => {
  const file = await matroska()
  const { proof, bytes } = decided(file, matroskaProof)
  t.same(proof, SAME)
  t.ok(bytes <= file.indexOf(Buffer.from('1f43b675', 'hex')) + 12)
})

t.test('names what the seek head of a Matroska file places after the media', async t => {
  const file = await matroska({ seconds: 1 })
  t.match(matroskaProof(withTagsBehind(file)), { reason: 'behind-media', what: /has its tags after/ })
  for (const [id, name] of [
    [TAGS, 'tags'],
    [0x1941a469, 'attachments'],
    [0x1043a770, 'chapters'],
    [ID.info, 'segment information'],
    [ID.tracks, 'track list'],
    [ID.seekHead, 'second seek head'],
  ] as const) {
    const made = matroskaFile(seekHead([id, 5000]), cluster)
    t.match(matroskaProof(made), { kind: 'other', reason: 'behind-media', what: new RegExp(name) })
  }
  t.same(withAttachmentsBehind(file).length > 0 && withChaptersBehind(file).length > 0, true)
})

t.test('ignores cues after the media, and elements before them', async t => {
  const tags = element(TAGS, Buffer.alloc(10))
  const head = seekHead([ID.cues, 5000], [ID.cluster, 9000], [TAGS, 0])
  const place = head.length
  const made = matroskaFile(seekHead([ID.cues, 5000], [ID.cluster, 9000], [TAGS, place]), tags, cluster)
  t.same(matroskaProof(made), SAME)
  t.ok(SEGMENT_START > 0)
})

t.test('proves nothing for a Matroska file that is damaged, or has endless elements in front', async t => {
  t.match(matroskaProof(Buffer.alloc(64, 0)), { kind: 'other', reason: 'container' })
  const open = Buffer.concat([EBML_HEADER, endless(ID.segment, endless(ID.info, Buffer.alloc(100)))])
  t.match(matroskaProof(open), { kind: 'other' })
  const many = Array.from({ length: 2000 }, () => Buffer.from('ec80', 'hex'))
  t.match(matroskaProof(matroskaFile(...many, cluster)), { kind: 'other' }, 'only some hundreds are read')
})

t.test('finds chunks after the samples of a WAV by its sizes, or by its length', async t => {
  const wav = await ffmpegToFile(audioInput(), 'a.wav')
  t.equal(await isBehind(waveProof(wav), wav), false)
  const listed = withListBehind(wav)
  t.match(waveProof(listed), { kind: 'other', reason: 'behind-media' })
  const unlisted = Buffer.from(listed)
  wav.copy(unlisted, 4, 4, 8)
  t.equal(await isBehind(waveProof(unlisted), unlisted), true, 'the RIFF size does not include it')
  const padded = Buffer.concat([wav, Buffer.alloc(4)])
  t.equal(await isBehind(waveProof(padded), padded), false, 'no room for a chunk')
})

t.test('finds no sizes, and nothing after the samples, in a WAV written to a pipe', async t => {
  const wav = Buffer.from(await ffmpegToFile(audioInput(), 'a.wav'))
  const data = wav.indexOf('data')
  for (const size of [0, 0x7fffffff, 0xffffffff]) {
    wav.writeUInt32LE(size, data + 4)
    t.same(waveProof(wav), SAME)
  }
  t.match(decided(wav, waveProof).bytes <= data + 8, true)
  const many = Buffer.concat([wav.subarray(0, 12), Buffer.alloc(8 * 2000, 0)])
  t.match(waveProof(many), { kind: 'other' }, 'only some hundreds of chunks are read')
})

t.test('does not revisit elements that it passed in a shorter head', async t => {
  const wav = await ffmpegToFile(audioInput(), 'a.wav')
  const empty = Buffer.from('LIST\0\0\0\0', 'latin1')
  const chunks = Buffer.concat([wav.subarray(0, 12), ...Array<Buffer>(900).fill(empty), wav.subarray(12)])
  const ofChunks = decided(chunks, waveProof)
  t.equal(ofChunks.proof.kind, 'unless-behind')
  t.ok(ofChunks.visited > 900 && ofChunks.visited < 2000, `${ofChunks.visited} visits`)
  const seeks = seekHead([TAGS, 5000])
  const elements = matroskaFile(seeks, ...Array<Buffer>(900).fill(Buffer.from('ec80', 'hex')), cluster)
  const ofElements = decided(elements, matroskaProof)
  t.match(ofElements.proof, { reason: 'behind-media', what: /^has its tags after/ })
  t.ok(ofElements.visited > 900 && ofElements.visited < 2000, `${ofElements.visited} visits`)
})

t.test('finds tags at the end of an audio file: ID3v1, APE, or both', async t => {
  const media = Buffer.alloc(1000, 0x55)
  const found = (bytes: Buffer) => isTagBehind(new BytesSource({ bytes }), SIGNAL)
  t.equal(await found(media), false)
  t.equal(await found(withId3v1(media)), true)
  t.equal(await found(withApeTag(media)), true)
  t.equal(await found(withId3v1(withApeTag(media))), true)
  t.equal(await found(Buffer.concat([withId3v1(media), Buffer.alloc(1)])), false, 'only at the very end')
  t.equal(await found(Buffer.from('TAG')), false, 'a file shorter than a tag')
})
