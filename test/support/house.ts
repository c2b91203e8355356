/**
 * The plan of `lib/`: floors from the ground up, the rooms (folders) of each floor, and how high a room lies within its
 * floor. A file imports from its own room, from rooms of its floor that lie lower, and from lower floors.
 * `test/layout.test.ts` holds the code to it; `npm run layout` writes it into `docs/architecture.md`.
 */

/** A folder. */
export interface Room {
  /** Below the floor's folder; empty for the files that lie in that itself. */
  readonly name: string
  /** From 1. Rooms of one level import nothing from one another. */
  readonly level: number
  /** What one finds there. */
  readonly holds: string
}

/** A folder right below `lib/`. */
export interface Floor {
  readonly name: string
  /** From 0. Floors of one level import nothing from one another. */
  readonly level: number
  /** npm packages it may import; those that end with `/` are scopes. Node's own modules are everybody's. */
  readonly packages: readonly string[]
  readonly rooms: readonly Room[]
}

function floor(level: number, name: string, packages: string[], rooms: [number, string, string][]): Floor {
  return { name, level, packages, rooms: rooms.map(([level, name, holds]) => ({ level, name, holds })) }
}

/** `lib/errors.ts` and `lib/options.ts`, below all floors. */
export const GROUND = 'ground'
/** The entry points `lib/index.ts` and `lib/protocol.ts`, above all floors. */
export const ENTRIES = 'entries'
/** The test bench stands beside the house: it uses the two lowest floors, and nothing uses it. */
export const TESTING = 'testing'

export const HOUSE: readonly Floor[] = [
  floor(
    1,
    'io',
    [],
    [
      [1, 'async', 'abort signals, waiting, retries, stall timers, long work in turns'],
      [1, 'checksums', 'CRC-32, CRC-32C, CRC-64/NVME, the digests of S3'],
      [1, 'descriptors', 'running out of file descriptors; which system errors pass'],
      [1, 'media-types', 'media types (`Content-Type`) by endings and muxers'],
      [2, '', 'random access: the interface, byte ranges, reading exactly so many bytes'],
      [3, 'fetch', 'ranges of one version: resumed where they broke, in order, read ahead'],
      [3, 'pipeline', 'what neighbours in a pipeline tell each other: the link, deferred headers, commits'],
      [3, 'range-server', 'the HTTP server through which ffmpeg seeks'],
      [4, 'sources', '`FileSource`, `HttpSource`, `BytesSource`; windows and counters over a source'],
      [5, 'cache', 'the block cache before the range server'],
      [5, 'file', '`FileWritable` and its atomic file'],
    ],
  ),
  floor(2, 'matroska', [], [[1, '', 'EBML elements, cues, tracks, the last cluster (RFC 8794, RFC 9559)']]),
  floor(
    2,
    'mp4',
    ['mux.js'],
    [
      [1, 'boxes', 'reading and writing boxes (ISO/IEC 14496-12)'],
      [2, 'fragments', '`moof` and `mdat`'],
      [3, 'movie', '`moov`: tracks, sample entries, codec strings, edit lists as times'],
      [4, 'checks', 'what the validator checks, and its report'],
      [4, 'index', 'finding samples and key frames: `moov`, `sidx`, `mfra`, sample tables'],
      [4, 'rewrite', 'changing boxes as they pass: edit lists, covers, fragments, tracks left out'],
      [5, 'faststart', 'the `moov` of an ordinary MP4 with its index first'],
      [6, '', 'the stages `Fmp4Validator` and `FaststartMp4`'],
    ],
  ),
  floor(
    3,
    'containers',
    [],
    [
      [1, 'extents', 'where each container states its media end'],
      [2, '', 'holding that against the bytes that came'],
    ],
  ),
  floor(
    4,
    's3',
    ['@aws-sdk/', '@smithy/'],
    [
      [1, 'request', 'one request: client, location, time-outs, what a failure means and its remedy'],
      [2, 'direct', 'GETs over our own sockets, past the SDK'],
      [3, 'read', 'ranged GETs of one version, resumed'],
      [4, 'checks', 'what the store keeps of an object, held against the bytes'],
      [5, 'upload', 'parts, part sizes, the commit and the proof of it'],
      [6, '', '`S3Source`, `S3RangeReadable`, `S3MultipartWritable`, `abortStaleUploads`'],
    ],
  ),
  floor(
    4,
    'ffmpeg',
    ['ffmpeg-static'],
    [
      [1, 'child', 'the one place that starts processes; stdin, stdout, groups, the end of a tool'],
      [1, 'headers', 'deferred headers: WAV, Au, FLV, Xing; ID3'],
      [1, 'limits', 'limits for media of strangers'],
      [1, 'log', 'lines of the log, progress, percent done, times'],
      [2, 'args', 'argument lists: parsed, refused, built; muxers, demuxers, layouts'],
      [2, 'binary', 'finding ffmpeg and ffprobe, and their version'],
      [2, 'input', 'telling an input by its first bytes; names and errors of inputs'],
      [2, 'report', "ffmpeg's and ffprobe's reports: dumps, mappings, media info"],
      [3, 'diagnosis', 'what an end means: the verdict, symptoms in the log, suggestions'],
      [3, 'streams', 'which streams of the inputs go into which output, and why one does not'],
      [4, 'preview', 'running ffmpeg on the first bytes to see where the streams go'],
      [5, 'output', 'an output on its way: size guards, covers, edit lists'],
      [5, 'route', 'whether an input is piped or read by seeking'],
      [6, 'run', 'one run of ffmpeg from its options to its end'],
      [7, '', 'the stages `FfmpegTransform`, `FfmpegReadable`, `FfmpegProcess` and their options'],
      [8, 'probe', '`probe` and `keyframes`'],
    ],
  ),
  floor(
    5,
    'hls',
    ['@aws-sdk/'],
    [
      [1, 'presentation', 'what a presentation consists of: tracks, frame rates, ranges'],
      [1, 'storage', '`S3Storage`, `DirectoryStorage`, and what is stored there'],
      [2, 'manifests', 'playlists and the MPD'],
      [2, 'segments', 'cutting fMP4 into segments'],
      [3, 'rendition', 'one rendition: its options, its sink, its log'],
      [4, '', '`CmafPackager` and what it publishes'],
    ],
  ),
  floor(
    6,
    'tasks',
    ['@aws-sdk/'],
    [
      [1, '', '`transcode`; options and times that all tasks share'],
      [2, 'clip', '`clip`'],
      [3, 'thumbnails', '`thumbnails`'],
      [4, 'storyboard', '`storyboard` and `storyboardVtt`'],
    ],
  ),
  floor(
    9,
    TESTING,
    [],
    [
      [1, 'wire', "S3's protocol: signatures, chunks, XML, checksums"],
      [2, 'store', 'buckets, objects, uploads, and where their bytes are'],
      [3, 'operations', 'one file an operation of S3'],
      [4, 'server', 'connections, faults, the call log'],
      [5, '', '`LocalS3`'],
    ],
  ),
]

/** The plan as a table of Markdown, from the top down. */
export function houseTable(): string {
  const rows = [...HOUSE]
    .sort((a, b) => b.level - a.level || a.name.localeCompare(b.name))
    .flatMap(floor =>
      [...floor.rooms]
        .sort((a, b) => b.level - a.level || a.name.localeCompare(b.name))
        .map(room => {
          const folder = ['lib', floor.name, room.name].filter(name => name !== '').join('/')
          const level = floor.name === TESTING ? `beside.${room.level}` : `${floor.level}.${room.level}`
          return `| \`${folder}/\` | ${level} | ${room.holds} |`
        }),
    )
  return ['| folder | level | what it holds |', '| --- | --- | --- |', ...rows].join('\n')
}
