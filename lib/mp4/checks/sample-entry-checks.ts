import type { Mp4Error } from '../../errors.js'
import { decoderConfig } from '../movie/audio-config.js'
import type { Box } from '../boxes/box.js'
import { type SampleEntry, audioEntry, videoEntry } from '../movie/sample-entry.js'
import type { Mp4Track } from '../movie/track.js'

/** Problems of a track's sample entries. Without valid ones, no decoder can be configured. */
export function* sampleEntryProblems(stsd: Box, track: Mp4Track): Generator<Mp4Error> {
  const entries = stsd.childrenFrom(8)
  const stated = stsd.u32(4)
  if (stated === 0 || stated > entries.length) {
    const message = `it claims ${stated} sample entries, but contains ${entries.length}`
    yield stsd.error('AVIO_ERR_MP4_BOX_INVALID', message, track.id)
  }
  if (track.kind !== 'video' && track.kind !== 'audio') return
  for (const box of entries) {
    const { entry } = track.kind === 'video' ? videoEntry(box) : audioEntry(box, stsd.version)
    const rule = RULES[entry.format]
    if (rule === undefined) continue
    const [type, isWhole] = rule
    const config = entry.box(type)
    if (config === undefined) {
      const message = `it has no ${type}, which is required to decode "${entry.format}"`
      yield box.error('AVIO_ERR_MP4_BOX_MISSING', message, track.id)
    } else if (!isWhole(config.content)) {
      const message = 'its content is truncated: no decoder can be configured from it'
      yield config.error('AVIO_ERR_MP4_BOX_INVALID', message, track.id)
    }
  }
}

type Rule = readonly [type: string, isWhole: (content: Buffer) => boolean]

const longerThan =
  (least: number) =>
  (content: Buffer): boolean =>
    content.length >= least

const AVC: Rule = ['avcC', isWholeAvc]
const HEVC: Rule = ['hvcC', isWholeHevc]
const AV1: Rule = ['av1C', longerThan(4)]
const VPX: Rule = ['vpcC', longerThan(12)]
const MPEG4: Rule = ['esds', isWholeMpeg4]

/** The configuration box each format requires, and a check that it is complete. */
const RULES: Partial<Record<SampleEntry['format'], Rule>> = {
  // ISO/IEC 14496-15 §5.3.3, §8.3.3
  ...{ avc1: AVC, avc2: AVC, avc3: AVC, avc4: AVC, dva1: AVC, dvav: AVC },
  ...{ hvc1: HEVC, hev1: HEVC, dvh1: HEVC, dvhe: HEVC },
  // https://aomediacodec.github.io/av1-isobmff/#av1codecconfigurationbox-section, https://www.webmproject.org/vp9/mp4/
  ...{ av01: AV1, dav1: AV1, vp08: VPX, vp09: VPX },
  ...{ mp4a: MPEG4, mp4v: MPEG4 },
  // https://opus-codec.org/docs/opus_in_isobmff.html §4.3.2; FLAC in ISOBMFF §3.3.2; ETSI TS 102 366 §F.4, §F.6
  ...{ Opus: ['dOps', longerThan(11)], fLaC: ['dfLa', longerThan(4 + 4 + 34)] },
  ...{ 'ac-3': ['dac3', longerThan(3)], 'ec-3': ['dec3', longerThan(5)] },
}

/** Skips `count` parameter sets, each with a 16-bit length; −1 if one does not fit. */
function afterSets(content: Buffer, start: number, count: number): number {
  let at = start
  for (let n = 0; n < count; n++) {
    if (at + 2 > content.length) return -1
    at += 2 + content.readUInt16BE(at)
    if (at > content.length) return -1
  }
  return at
}

function isWholeAvc(content: Buffer): boolean {
  if (content.length < 7) return false
  const at = afterSets(content, 6, content[5]! & 31)
  return at >= 0 && at < content.length && afterSets(content, at + 1, content[at]!) >= 0
}

function isWholeHevc(content: Buffer): boolean {
  if (content.length < 23) return false
  let at = 23
  for (let arrays = content[22]!; arrays > 0; arrays--) {
    if (at + 3 > content.length) return false
    at = afterSets(content, at + 3, content.readUInt16BE(at + 1))
    if (at < 0) return false
  }
  return true
}

/** ISO/IEC 14496-1 §7.2.6; AAC has its own configuration of at least two bytes (ISO/IEC 14496-3 §1.6.2.1). */
function isWholeMpeg4(content: Buffer): boolean {
  const config = decoderConfig(content)
  return config !== undefined && (config.objectTypeIndication !== 0x40 || config.specificInfo.length >= 2)
}
