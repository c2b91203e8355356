import t from 'tap'
import { runSplit } from '../../../lib/job/split/run-split.js'
import { ffmpegToFile, ffprobeJson } from '../../support/media.js'
import { openSplit } from '../../support/split.js'

const picture = (seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=s=96x64:r=25:d=${seconds}`]
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=r=48000:d=${seconds}`]
const CODECS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-c:a', 'aac']

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'video and audio of one length': [...picture(10), ...tone(10)],
  'audio 4 s after the video': [...picture(10), '-itsoffset', '4', ...tone(6)],
  'audio that ends 6 s before the video': [...picture(10), ...tone(4)],
  'video that ends 4 s before the audio': [...picture(10), ...tone(14)],
}

/** The length of a fragment, and a frame of each track. */
const MOST = 1.1

for (const [name, inputs] of Object.entries(SOURCES)) {
  t.test(`stores ${name} no more than a second apart, whatever the length of chunks and GOPs`, async t => {
    const { client, plan, out } = await openSplit(t, await ffmpegToFile([...inputs, ...CODECS], 'a.mp4'))
    const made = await plan({ gop: 100, chunkSeconds: 4 })
    t.ok(made.chunks.length >= 2)
    await runSplit(made, { client, concurrency: 2 })
    const apart = await secondsApart(await out())
    t.ok(apart > 0 && apart <= MOST, `${apart} s apart`)
  })
}

/** How far a packet in the file lies behind later media of another track, at most, in seconds. */
async function secondsApart(bytes: Buffer): Promise<number> {
  const { packets } = await ffprobeJson<{
    packets: { stream_index: number; dts_time: string; pos: string }[]
  }>(bytes, ['-show_entries', 'packet=stream_index,dts_time,pos'])
  const latest = new Map<number, number>()
  let most = 0
  for (const packet of packets.sort((a, b) => Number(a.pos) - Number(b.pos))) {
    const time = Number(packet.dts_time)
    for (const [track, other] of latest) {
      if (track !== packet.stream_index) most = Math.max(most, other - time)
    }
    latest.set(packet.stream_index, Math.max(time, latest.get(packet.stream_index) ?? time))
  }
  return most
}
