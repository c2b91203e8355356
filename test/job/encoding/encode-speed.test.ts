import t from 'tap'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'
import { CHUNK_ENCODERS } from '../../../lib/job/encoding/encoders.js'
import {
  type EncodingLoad,
  decodeSpeed,
  encodeSpeed,
  loadText,
  mostThreads,
} from '../../../lib/job/encoding/encode-speed.js'

const load = (encoder: string, args: string[] = [], more: Partial<EncodingLoad> = {}): EncodingLoad => ({
  ...{ encoder, args: parseArguments(args, 'args'), width: 1920, height: 1080, fps: 25 },
  ...more,
})

const PRESETS = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
]

t.test('no slower preset is faster, for each encoder that can be split', async t => {
  const scales: Record<string, string[][]> = {
    libx264: [...PRESETS, 'placebo'].map(name => ['-preset', name]),
    libx265: [...PRESETS, 'placebo'].map(name => ['-preset', name]),
    'libvpx-vp9': [8, 5, 4, 3, 2, 1, 0].map(n => ['-cpu-used', String(n)]),
    'libaom-av1': [8, 6, 5, 4, 3, 2, 1, 0].map(n => ['-cpu-used', String(n)]),
    libsvtav1: [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map(n => ['-preset', String(n)]),
  }
  t.same(Object.keys(scales).sort(), [...CHUNK_ENCODERS].sort())
  for (const [encoder, scale] of Object.entries(scales)) {
    const speeds = scale.map(args => encodeSpeed(load(encoder, args)))
    for (let n = 1; n < speeds.length; n++)
      t.ok(speeds[n]! <= speeds[n - 1]!, `${encoder} ${scale[n]!.join(' ')}`)
    t.ok(speeds.at(-1)! < speeds[0]! / 5, encoder)
  }
})

t.test(
  'knows the defaults and other names of the options, and takes a slower number for an unknown one',
  async t => {
    for (const [encoder, args, as] of [
      ['libx264', [], ['-preset', 'medium']],
      ['libx264', ['-preset', 'unknown'], ['-preset', 'medium']],
      ['libx264', ['-preset', 'slow', '-preset', 'fast'], ['-preset', 'fast']],
      ['libx264', ['-preset', 'constructor'], ['-preset', 'medium']],
      ['libx264', ['-preset', '3'], ['-preset', 'medium']],
      ['libx265', [], ['-preset', 'medium']],
      ['libvpx-vp9', [], ['-cpu-used', '1']],
      ['libvpx-vp9', ['-speed', '4'], ['-cpu-used', '4']],
      ['libvpx-vp9', ['-cpu-used', '7'], ['-cpu-used', '4']],
      ['libvpx-vp9', ['-cpu-used', '3'], ['-cpu-used', '2']],
      ['libaom-av1', [], ['-cpu-used', '1']],
      ['libaom-av1', ['-cpu-used', '0'], ['-cpu-used', '1']],
      ['libaom-av1', ['-cpu-used', '11'], ['-cpu-used', '6']],
      ['libsvtav1', [], ['-preset', '10']],
      ['libsvtav1', ['-preset', '13'], ['-preset', '12']],
      ['libsvtav1', ['-preset', '-1'], ['-preset', '10']],
      ['libsvtav1', ['-preset', '0'], ['-preset', '2']],
    ] as const)
      t.equal(
        encodeSpeed(load(encoder, [...args])),
        encodeSpeed(load(encoder, [...as])),
        `${encoder} ${args.join(' ')}`,
      )
  },
)

t.test('a speed is inverse to the pixels of a second', async t => {
  const speed = encodeSpeed(load('libx264'))
  for (const more of [{ fps: 50 }, { width: 3840 }, { height: 2160 }]) {
    t.ok(Math.abs(encodeSpeed(load('libx264', [], more)) - speed / 2) < 1e-9, JSON.stringify(more))
    t.ok(Math.abs(decodeSpeed(load('', [], more)) - decodeSpeed(load('')) / 2) < 1e-9, JSON.stringify(more))
  }
  t.ok(decodeSpeed(load('')) > speed, 'decoding is faster than encoding')
})

t.test('says what the speed depends on', async t => {
  t.equal(loadText(load('libx265', [], { fps: 24000 / 1001 })), 'libx265 medium, 1920x1080, 23.98 frames/s')
  t.equal(loadText(load('libsvtav1', ['-preset', '6'])), 'libsvtav1 6, 1920x1080, 25 frames/s')
})

t.test('a single run uses as many threads as its encoder can', async t => {
  for (const [encoder, args, width, height, threads] of [
    ['libx264', [], 1920, 1080, 34],
    ['libx264', [], 64, 16, 1],
    ['libx265', [], 1920, 1080, 17],
    ['libaom-av1', [], 1280, 720, 12],
    ['libvpx-vp9', [], 1920, 1080, 4],
    ['libvpx-vp9', [], 640, 360, 2],
    ['libvpx-vp9', [], 200, 100, 1],
    ['libvpx-vp9', ['-row-mt', '1'], 1920, 1080, 17],
    ['libvpx-vp9', ['-row-mt', '0'], 1920, 1080, 4],
    ['libsvtav1', [], 640, 360, Infinity],
  ] as const)
    t.equal(
      mostThreads(load(encoder, [...args], { width, height })),
      threads,
      `${encoder} ${args.join(' ')} ${width}`,
    )
})
