import { setImmediate } from 'node:timers/promises'
import { sniffAudio } from '../../lib/ffmpeg/input/audio-sniffer.js'
import { InputDump } from '../../lib/ffmpeg/report/input-dump.js'
import { keyframes } from '../../lib/ffmpeg/probe/keyframes.js'
import { LogReader } from '../../lib/ffmpeg/log/log.js'
import { keyPacket } from '../../lib/ffmpeg/probe/packet-lines.js'
import { ProgressReader } from '../../lib/ffmpeg/log/progress.js'
import { HeadWalk } from '../../lib/ffmpeg/input/metadata-walk.js'
import { StreamMapping } from '../../lib/ffmpeg/report/stream-mapping.js'
import { TsTables } from '../../lib/ffmpeg/input/ts-tables.js'
import { ContainerWatch } from '../../lib/containers/container-watch.js'
import { deferredHeaderOf } from '../../lib/ffmpeg/headers/deferred-header.js'
import { demuxerOf } from '../../lib/ffmpeg/input/playlist-sniffer.js'
import { failureBytes } from '../../lib/ffmpeg/route/pipe-failures.js'
import { pipeProof } from '../../lib/ffmpeg/route/piped-containers.js'
import { Mp4Sniffer } from '../../lib/ffmpeg/input/mp4-sniffer.js'
import { linksOf, linksOfMpd, nameOf } from '../../lib/hls/manifests/playlist-links.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { answerRange } from '../../lib/io/range-server/range-header.js'
import { EbmlData, elementAt } from '../../lib/matroska/element.js'
import { Fmp4Checker } from '../../lib/mp4/checks/fmp4-checker.js'
import { FaststartBuilder } from '../../lib/mp4/faststart/faststart-builder.js'
import { VIDEO, chunksOf, ftyp, moov, videoSampleEntry } from '../support/fmp4.js'
import { CONTAINERS, au, flv, fragments, index, matroska, mp3, pipedWav } from './container-seeds.js'
import { AC3, associations, mapOf, mediaPackets, tablePackets } from '../support/transport.js'
import type { Target } from './find.js'

const dump = Buffer.from(
  "[info] Input #0, mov,mp4, from 'pipe:0':\n[info]   Metadata:\n[info]     title           : A\n" +
    '[info]   Duration: 00:00:10.00, start: 0.000000, bitrate: 1796 kb/s\n' +
    '[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709), 640x360, 25 fps (default)\n' +
    '[info] Stream mapping:\n[info]   Stream #0:1 -> #0:0 (copy)\n',
)
const transport = Buffer.concat([
  ...[tablePackets(0, associations([1, 0x100], [2, 0x200])), tablePackets(0x100, mapOf(1, [[0x1b, 0x101]]))],
  ...[
    tablePackets(
      0x200,
      mapOf(2, [
        [0x06, 0x201, AC3],
        [0x0f, 0x202],
      ]),
    ),
    mediaPackets(0x202, 8),
  ],
])
const progress = Buffer.from('frame=10\nfps=25.0\nout_time_us=400000\nspeed=1.5x\nprogress=continue\n')

function check(input: Buffer, strict: boolean): void {
  const checker = new Fmp4Checker(
    { strict, maxBoxSize: 2 ** 20 },
    { onInit: () => undefined, onFragment: describe => void describe(), onWarning: () => undefined },
  )
  checker.write(input)
  checker.end()
  checker.report()
}

/** The elements inside, recursively, as deep as in the library's own files. */
function walk(data: EbmlData, depth = 0): void {
  for (const child of data.children()) if (depth < 4) walk(child, depth + 1)
}

function readCodecs(input: Buffer): void {
  const checker = new Fmp4Checker(
    { strict: false, maxBoxSize: 2 ** 20 },
    {
      onInit: ({ tracks }) => {
        for (const { codec, language } of tracks) {
          if (/["\s,<>&\\]/.test(codec + language)) throw new Error(`it breaks out of a playlist: ${codec}`)
        }
      },
      onWarning: () => undefined,
    },
  )
  checker.write(input)
}

/** The largest read from a pipe; the event loop turns before the next read. */
const PIPE = 2 ** 16

async function readLog(input: Buffer): Promise<unknown> {
  const report = new StreamMapping()
  const read = new InputDump()
  const log = new LogReader(entry => {
    report.push(entry)
    read.push(entry)
  })
  for (const piece of chunksOf(input, PIPE)) {
    log.push(piece)
    await setImmediate()
  }
  log.end()
  return read.info
}

async function readProgress(input: Buffer): Promise<void> {
  const reader = new ProgressReader(() => undefined)
  for (const piece of chunksOf(input, PIPE)) {
    reader.push(piece)
    await setImmediate()
  }
  keyPacket(input.toString('latin1', 0, PIPE))
}

async function watch(input: Buffer): Promise<void> {
  const piped = new ContainerWatch(undefined)
  let at = 0
  for (const piece of chunksOf(input, 1000)) {
    piped.see(at, piece)
    at += piece.length
  }
  await piped.finish()
  await new ContainerWatch(undefined, input.length).finish(new BytesSource({ bytes: input }))
}

/** Feeds it like a stage that defers the header. */
function assembleHead(format: string, input: Buffer): void {
  const head = deferredHeaderOf(format)!
  for (const piece of chunksOf(input, 1000)) head.write(piece)
  head.end()
  head.head()
  head.head(2 ** 16)
}

function sniff(input: Buffer): void {
  const sniffer = new Mp4Sniffer(1000)
  for (const piece of chunksOf(input, 100)) sniffer.push(piece)
  demuxerOf({ format: undefined, formatWhitelist: [] }, input.subarray(0, 32))
}

/** Asks for the route of an input as a stage does: with no more bytes than it wants. */
function prove(input: Buffer): void {
  const walk = new HeadWalk()
  for (let length = 0; ;) {
    const head = input.subarray(0, length)
    failureBytes(head, undefined)
    const proof = pipeProof(head, undefined, walk)
    if (proof.kind !== 'open') return
    if (proof.wanted <= length) throw new Error(`${proof.wanted} bytes wanted, but only ${length} exist`)
    if (length === input.length) return
    length = Math.min(proof.wanted, input.length)
  }
}

/** Feeds it like the preview, with a growing beginning. */
function readTables(input: Buffer): void {
  const tables = new TsTables()
  for (let at = 188; at <= input.length; at += 188) sniffAudio(input.subarray(0, at), 0, tables)
}

function readRange(input: Buffer): void {
  const size = 1000
  const answer = answerRange(input.toString('latin1'), size)
  if (answer.status === 416) return
  const { start, end } = answer.range
  const isWithin = Number.isInteger(start) && start >= 0 && start < end && end <= size
  if (!isWithin) throw new Error(`a range of ${start} to ${end} of ${size}`)
}

/** The playlists come from the storage itself: an attacker can only name segments. */
const PLAYLIST = 2 ** 13

function readLinks(input: Buffer): void {
  const text = input.toString('utf8', 0, PLAYLIST)
  for (const link of [...linksOf(text), ...linksOfMpd(text)]) {
    const name = nameOf('video/main.m3u8', link)
    if (name !== undefined && /^\/|(?:^|\/)\.\.(?:\/|$)/.test(name))
      throw new Error(`it leads outside: ${name}`)
  }
}

const words = (...texts: string[]): Buffer[] => texts.map(text => Buffer.from(text))

export const TARGETS: Readonly<Record<string, Target>> = {
  boxes: { seeds: [fragments, index], inputs: 12_000, run: input => new HeadWalk().hasCover(input) },
  ebml: {
    seeds: [matroska],
    inputs: 9000,
    run: input => {
      elementAt(input, 0, 0)
      walk(EbmlData.of(0, input, 0))
    },
  },
  validator: {
    seeds: [fragments],
    inputs: 2400,
    run: input => {
      check(input, false)
      check(input, true)
    },
  },
  progressive: {
    seeds: [fragments],
    inputs: 3000,
    run: input => {
      const assembly = new FaststartBuilder({ maxBoxSize: 2 ** 20 })
      assembly.write(input)
      assembly.end()
      assembly.head(0)
    },
  },
  keyframes: {
    seeds: [index, matroska, fragments],
    inputs: 4200,
    run: input => keyframes(new BytesSource({ bytes: input }), { ffprobePath: '/nowhere' }),
  },
  playlists: {
    seeds: ['a"b1', 'av01', 'x,y ', 'mp4v'].map(type =>
      Buffer.concat([ftyp(), moov([{ ...VIDEO, entry: videoSampleEntry(type) }])]),
    ),
    inputs: 4800,
    run: readCodecs,
  },
  log: {
    seeds: [dump],
    inputs: 2400,
    run: readLog,
  },
  progress: {
    seeds: [progress, Buffer.from('pts_time=1.48|dts_time=1.4|size=4417|pos=564|flags=K_\n')],
    inputs: 3600,
    run: readProgress,
  },
  containers: { seeds: CONTAINERS, inputs: 6000, run: watch },
  sniffer: {
    seeds: [...CONTAINERS, ...words('#EXTM3U\n#EXT-X-VERSION:3\n', 'ffconcat version 1.0\nfile a\n')],
    inputs: 12_000,
    run: sniff,
  },
  proof: { seeds: CONTAINERS, inputs: 6000, run: prove },
  transport: { seeds: [transport], inputs: 6000, run: readTables },
  ...heads({ wav: pipedWav, flv, mp3, au }),
  ranges: {
    seeds: words('bytes=0-', 'bytes=10-20', 'bytes=-5', ' Bytes = 1 - 2 ', 'bytes=0-1,3-4', 'lines=1-2'),
    inputs: 24_000,
    run: readRange,
  },
  links: {
    seeds: words(
      '#EXTM3U\n#EXT-X-MAP:URI="run/init.mp4"\n#EXTINF:2,\nrun/1.m4s?a#b\n../audio/%2e%2e/x.m4s\n',
      '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="audio/main.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n',
      '<MPD><SegmentTemplate initialization="a/init.mp4" media="a/$Number$.m4s"/></MPD>',
    ),
    inputs: 6000,
    run: readLinks,
  },
}

function heads(seeds: Readonly<Record<string, Buffer>>): Record<string, Target> {
  return Object.fromEntries(
    Object.entries(seeds).map(([format, seed]) => [
      `${format}-head`,
      { seeds: [seed], inputs: 2400, run: input => assembleHead(format, input) },
    ]),
  )
}
