import t, { type Test } from 'tap'
import { FRAGMENT_DURATION, LARGEST_HEADER } from '../../../lib/ffmpeg/args/fragmentation.js'
import { runCommand, topLevelBoxes } from '../../support/command.js'
import { ffmpegToFile, ffmpegToPipe, ffprobeJson } from '../../support/media.js'

// Ten minutes, quick to make: silence, and grey video with one key frame at the start.
const silence = ['-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono']
const tenMinutesOfAc3 = () =>
  ffmpegToPipe([...silence, '-t', '600', '-c:a', 'ac3', '-b:a', '32k', '-f', 'ac3'])
const tenMinuteGop = () =>
  ffmpegToPipe([
    ...['-f', 'lavfi', '-i', 'color=size=32x32:rate=25:duration=600'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '100000', '-f', 'matroska'],
  ])

/** Asserts that every `moov` and `moof` states its size, none is near the limit, and every packet reads back. */
async function checkFragments(t: Test, bytes: Buffer, packets: Record<string, number>) {
  const headers = topLevelBoxes(bytes).filter(({ type }) => type === 'moov' || type === 'moof')
  t.ok(headers.length > 1)
  t.ok(
    headers.every(({ size }) => size > 8 && size < LARGEST_HEADER),
    `largest: ${Math.max(...headers.map(({ size }) => size))}`,
  )
  t.same(await packetCounts(bytes), packets)
}

async function packetCounts(bytes: Buffer): Promise<Record<string, number>> {
  interface Probe {
    streams: { codec_name: string; nb_read_packets: string }[]
  }
  const { streams } = await ffprobeJson<Probe>(bytes, [
    ...['-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets'],
  ])
  const counts: Record<string, number> = {}
  for (const { codec_name: codec, nb_read_packets: n } of streams)
    counts[codec] = (counts[codec] ?? 0) + Number(n)
  return counts
}

t.test('streams ten minutes of copied AC-3 audio alone', async t => {
  const { code, bytes } = await runCommand({
    input: await tenMinutesOfAc3(),
    format: 'mp4',
    args: ['-c', 'copy'],
  })
  t.equal(code, 0)
  await checkFragments(t, bytes, { ac3: 18_750 })
})

t.test('streams ten minutes of encoded AAC audio alone', async t => {
  const { code, bytes } = await runCommand({
    input: Buffer.alloc(600 * 8000 * 2),
    inputFormat: 's16le',
    inputArgs: ['-ar', '8000', '-ac', '1'],
    format: 'ipod',
    args: ['-c:a', 'aac', '-ar', '48000'],
  })
  t.equal(code, 0)
  await checkFragments(t, bytes, { aac: 28_126 })
})

t.test('streams ten minutes between two key frames', async t => {
  const { code, bytes } = await runCommand({
    input: await tenMinuteGop(),
    format: 'mp4',
    args: ['-c', 'copy'],
  })
  t.equal(code, 0)
  await checkFragments(t, bytes, { h264: 15_000 })
})

t.test('streams video of 240 frames per second beside eight tracks of AAC at 96 kHz', async t => {
  const input = await ffmpegToPipe([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=32x32:rate=240:duration=3'],
    ...['-f', 'lavfi', '-i', 'sine=sample_rate=96000:duration=3', '-map', '0'],
    ...Array.from({ length: 8 }, () => ['-map', '1']).flat(),
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-bf',
      '2',
      '-g',
      '100000',
      '-c:a',
      'aac',
      '-f',
      'matroska',
    ],
  ])
  const { code, bytes } = await runCommand({ input, format: 'mp4', args: ['-map', '0', '-c', 'copy'] })
  t.equal(code, 0)
  await checkFragments(t, bytes, { h264: 720, aac: 8 * 283 })
})

t.test('begins fragments on key frames, and keeps them within the limit', async t => {
  const input = await ffmpegToFile(
    ['-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=25:duration=7', '-c:v', 'libx264', '-g', '25'],
    'key-frame-a-second.mkv',
  )
  const { bytes } = await runCommand({ input, format: 'mp4', args: ['-c', 'copy'] })
  t.equal(topLevelBoxes(bytes).filter(({ type }) => type === 'moof').length, 7, 'one per key frame')
  const long = await runCommand({ input: await tenMinuteGop(), format: 'mp4', args: ['-c', 'copy'] })
  const moofs = topLevelBoxes(long.bytes).filter(({ type }) => type === 'moof')
  t.equal(moofs.length, 600_000_000 / FRAGMENT_DURATION, 'one every two seconds')
})

t.test("obeys the user's own fragment duration, even if it breaks the output", async t => {
  const input = await tenMinuteGop()
  const args = ['-c', 'copy', '-frag_duration', '10000000']
  const { bytes } = await runCommand({ input, format: 'mp4', args })
  t.equal(topLevelBoxes(bytes).filter(({ type }) => type === 'moof').length, 60)

  // The reason for the default duration: ffmpeg reports success.
  const broken = await runCommand({ input, format: 'mp4', args: ['-c', 'copy', '-frag_duration', '0'] })
  t.equal(broken.code, 0)
  t.notMatch(broken.log, /\[(warning|error|fatal)\]/)
  t.match(topLevelBoxes(broken.bytes).at(-1), { type: 'moof', size: 0 })
})
