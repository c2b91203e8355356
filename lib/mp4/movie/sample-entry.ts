import {
  type AudioShape,
  aacConfig,
  ac3Shape,
  decoderConfig,
  eac3Shape,
  flacShape,
  opusShape,
} from './audio-config.js'
import type { Box } from '../boxes/box.js'
import { isBoxType } from '../boxes/box-header.js'

/**
 * A sample entry of `stsd`, which describes how a track's samples are coded (ISO/IEC 14496-12 §8.5.2, §12). It
 * starts like a box, but what follows its fixed fields depends on the kind of track and, in QuickTime files, on
 * its own version.
 */
export class SampleEntry {
  /** The format: `avc1`, `mp4a` … For a protected track the original format. */
  readonly format: string
  readonly #boxes: readonly Box[]

  /**
   * @param entry - the entry itself
   * @param fixed - length of the fields before its boxes
   */
  constructor(entry: Box, fixed: number) {
    const boxes = fixed <= entry.length ? entry.childrenFrom(fixed, true) : []
    // QuickTime nests the boxes of audio once more.
    const wave = boxes.find(box => box.type === 'wave')
    this.#boxes = wave ? [...boxes, ...wave.childrenFrom(0, true)] : boxes
    this.format = isProtected(entry.type) ? (this.#originalFormat() ?? entry.type) : entry.type
  }

  /** The box of `type` within the entry. */
  box(type: string): Box | undefined {
    return this.#boxes.find(box => box.type === type)
  }

  /** The content of the box of `type` within the entry, if it has at least `length` bytes. */
  config(type: string, length = 0): Buffer | undefined {
    const content = this.box(type)?.content
    return content !== undefined && content.length >= length ? content : undefined
  }

  /** `sinf/frma`: the format beneath the protection (ISO/IEC 14496-12 §8.12.2). */
  #originalFormat(): string | undefined {
    const sinf = this.#boxes.find(box => box.type === 'sinf')
    const frma = sinf?.childrenFrom(0, true).find(box => box.type === 'frma')
    return frma !== undefined && frma.length >= 4 ? frma.type4(0) : undefined
  }
}

function isProtected(type: string): boolean {
  return type === 'encv' || type === 'enca' || type === 'enct' || type === 'encs'
}

/** A format's name for use in a string: a non-printable type becomes `????`. */
export function formatName(type: string): string {
  return isBoxType(type) ? type.trim() : '????'
}

/** A video sample entry. */
export interface VideoEntry {
  readonly entry: SampleEntry
  /** Coded size, in pixels. */
  readonly width: number
  readonly height: number
  /** A pixel's width and height; `undefined` if it is square. */
  readonly pixelAspect: readonly [number, number] | undefined
}

/** Reads a VisualSampleEntry. */
export function videoEntry(box: Box): VideoEntry {
  const entry = new SampleEntry(box, 78)
  return { entry, width: box.u16(24), height: box.u16(26), pixelAspect: pixelAspect(entry) }
}

/** The pixel aspect ratio of a video (`pasp`, ISO/IEC 14496-12 §12.1.4); `undefined` if square. */
function pixelAspect(entry: SampleEntry): readonly [number, number] | undefined {
  const pasp = entry.config('pasp', 8)
  const horizontal = pasp?.readUInt32BE(0) ?? 0
  const vertical = pasp?.readUInt32BE(4) ?? 0
  return horizontal === vertical || horizontal === 0 || vertical === 0 ? undefined : [horizontal, vertical]
}

/** An audio sample entry. */
export interface AudioEntry extends AudioShape {
  readonly entry: SampleEntry
}

/**
 * Reads an AudioSampleEntry, or QuickTime's SoundDescription of version 0, 1 or 2
 * (https://developer.apple.com/documentation/quicktime-file-format/sound_sample_descriptions).
 *
 * @param stsdVersion - of its `stsd`: with 1, version 1 of the entry is ISO's own, which adds no fields
 */
export function audioEntry(box: Box, stsdVersion: number): AudioEntry {
  const version = stsdVersion === 0 ? box.u16(8) : 0
  const fixed = version === 2 ? 64 : version === 1 ? 44 : 28
  box.needLength(fixed)
  const entry = new SampleEntry(box, fixed)
  const told = toldByConfig(entry)
  const stated =
    version === 2
      ? { sampleRate: Math.round(box.content.readDoubleBE(32)), channels: box.u32(40) }
      : { sampleRate: box.u32(24) >>> 16, channels: box.u16(16) }
  return {
    entry,
    channels: told?.channels ?? (stated.channels || undefined),
    sampleRate: told?.sampleRate ?? (stated.sampleRate || undefined),
  }
}

function toldByConfig(entry: SampleEntry): AudioShape | undefined {
  const esds = entry.config('esds')
  const mpeg4 = esds && decoderConfig(esds)
  if (mpeg4?.objectTypeIndication === 0x40) return aacConfig(mpeg4.specificInfo)
  const dOps = entry.config('dOps', 2)
  if (dOps) return opusShape(dOps)
  const dfLa = entry.config('dfLa')
  if (dfLa) return flacShape(dfLa)
  const dac3 = entry.config('dac3', 3)
  if (dac3) return ac3Shape(dac3)
  const dec3 = entry.config('dec3', 5)
  return dec3 && eac3Shape(dec3)
}
