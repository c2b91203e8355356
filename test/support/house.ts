/**
 * The plan of `lib/`: floors from the ground up, the rooms (folders) of each floor, and the level of each room within
 * its floor. A file imports from its own room, from lower rooms of its floor, and from lower floors.
 * `test/layout.test.ts` holds the code to it; `npm run layout` writes it into `docs/architecture.md`.
 */

/** A folder. */
export interface Room {
  /** Path below the floor's folder; empty for the floor's folder itself. */
  readonly name: string
  /** From 1. Rooms of the same level don't import each other. */
  readonly level: number
  /** What it contains. */
  readonly holds: string
}

/** A folder right below `lib/`. */
export interface Floor {
  readonly name: string
  /** From 0. Floors of the same level don't import each other. */
  readonly level: number
  /** npm packages it may import; a trailing `/` allows a scope. Every floor may import Node's own modules. */
  readonly packages: readonly string[]
  readonly rooms: readonly Room[]
}

function floor(level: number, name: string, packages: string[], rooms: [number, string, string][]): Floor {
  return { name, level, packages, rooms: rooms.map(([level, name, holds]) => ({ level, name, holds })) }
}

/** `lib/errors.ts` and `lib/options.ts`, with their parts in `lib/errors/` and `lib/options/`, below all floors. */
export const GROUND = 'ground'
/** The entry points `lib/index.ts` and `lib/protocol.ts`, above all floors. */
export const ENTRIES = 'entries'
/** The test bench stands beside the house: it imports the two lowest floors, and no floor imports it. */
export const TESTING = 'testing'

export const HOUSE: readonly Floor[] = [
  floor(
    1,
    'io',
    [],
    [
      [1, 'addresses', 'the hosts and network addresses that an untrusted URL may reach'],
      [1, 'async', 'abort signals, waiting, retries, temporary failures, stall timers, long work in turns'],
      [1, 'checksums', 'CRC-32, CRC-32C, CRC-64/NVME, the digests of S3'],
      [1, 'descriptors', 'a lack of file descriptors'],
      [1, 'diagnostics', "the messages of the library's diagnostics channels, and who publishes them"],
      [1, 'media-types', 'media types (`Content-Type`) by endings and muxers'],
      [
        1,
        'memory',
        'the memory budget of the process; blocks that are used again: pools, and chunks that are lent',
      ],
      [2, '', 'random access: the interface, byte ranges, exact reads'],
      [3, 'fetch', 'ranges of one pinned version: resumed after a break, in order, read ahead'],
      [3, 'monitor', 'what each stage of a pipeline does and waits for; the bottleneck'],
      [3, 'pipeline', 'the protocol between neighbours in a pipeline: the link, deferred headers, commits'],
      [3, 'range-server', 'the HTTP server through which ffmpeg seeks'],
      [4, 'sources', '`FileSource`, `HttpSource`, `BytesSource`; windows and counters over a source'],
      [5, 'cache', 'the block cache in front of the range server'],
      [5, 'file', '`FileWritable` and its atomic files'],
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
      [4, 'rewrite', 'rewriting boxes in a stream: edit lists, covers, fragments, omitted tracks'],
      [5, 'faststart', 'the `moov` of an ordinary MP4 with its index first'],
      [6, '', 'the stages `Fmp4Validator` and `FaststartMp4`'],
    ],
  ),
  floor(
    3,
    'containers',
    [],
    [
      [1, 'extents', 'the end of the media as each container states it'],
      [2, '', 'comparing the stated end with the bytes received'],
    ],
  ),
  floor(
    4,
    's3',
    ['@aws-sdk/', '@smithy/'],
    [
      [1, 'request', 'one request: client, location, time-outs, errors and their remedies'],
      [2, 'direct', "GETs over the library's own sockets, without the SDK"],
      [3, 'read', 'ranged GETs of one version, resumed'],
      [4, 'checks', 'comparing the bytes with the checksums that the store keeps'],
      [5, 'upload', 'parts, part sizes, the commit and its proof'],
      [6, '', '`S3Source`, `S3RangeReadable`, `S3MultipartWritable`, `abortStaleUploads`'],
      [7, 'commit', 'small objects that are committed together, of which one decides who has won'],
    ],
  ),
  floor(
    4,
    'ffmpeg',
    ['ffmpeg-static'],
    [
      [1, 'child', 'the only place that starts processes; stdin, stdout, process groups, exit'],
      [1, 'headers', 'deferred headers: WAV, Au, FLV, Xing; ID3'],
      [1, 'limits', 'limits for untrusted media'],
      [1, 'log', 'log lines, progress, percentage, times'],
      [2, 'args', 'parsing, refusing and building argument lists; muxers, demuxers, layouts'],
      [2, 'binary', 'finding ffmpeg and ffprobe, and their versions'],
      [2, 'input', 'detecting formats by the first bytes; names and errors of inputs'],
      [2, 'report', "ffmpeg's and ffprobe's reports: dumps, mappings, media info"],
      [3, 'diagnosis', 'judging how a run ended: the verdict, symptoms in the log, suggestions'],
      [3, 'streams', 'which input streams go into which output, and why some are left out'],
      [4, 'preview', 'running ffmpeg on the first bytes to learn the stream mapping'],
      [5, 'output', 'processing an output: size limits, covers, edit lists'],
      [5, 'route', 'whether an input is piped or read by range'],
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
      [1, 'presentation', 'the parts of a presentation: tracks, frame rates, video ranges'],
      [1, 'storage', '`S3Storage`, `DirectoryStorage`, and the objects in them'],
      [2, 'manifests', 'playlists and the MPD'],
      [2, 'segments', 'cutting fragmented MP4 into segments'],
      [3, 'rendition', 'one rendition: its options, its sink, its log'],
      [4, '', '`CmafPackager` and publication'],
    ],
  ),
  floor(
    6,
    'tasks',
    ['@aws-sdk/'],
    [
      [1, '', '`transcode`; options and times shared by all tasks'],
      [2, 'clip', '`clip`'],
      [3, 'thumbnails', '`thumbnails`'],
      [4, 'storyboard', '`storyboard` and `storyboardVtt`'],
    ],
  ),
  floor(
    7,
    'job',
    ['@aws-sdk/', 'zod'],
    [
      [1, 'grid', 'frame rates, the grid on which a video is cut, canonical JSON, the gain of a split'],
      [3, 'split', 'one object in pieces: the plan, its steps, the join'],
      [2, 'encoding', 'arguments of an output, sorted and translated for its chunks; reasons not to split'],
      [1, 'schema', 'a job as JSON: schema, checks, locations'],
      [2, 'allow', 'the locations a job may open'],
      [2, 'trust', 'restrictions on jobs from strangers'],
      [3, 'open', 'opening the inputs, sinks and storages of a job'],
      [4, 'outputs', 'the outputs of a job: media, images, objects kept until the commit'],
      [9, '', '`runJob`, one run of a job, and its options'],
    ],
  ),
  floor(
    8,
    'engines',
    ['@aws-sdk/', 'bullmq', 'ioredis', 'pg'],
    [
      [1, 'steps', 'jobs and pieces as steps of any engine: identity, JSON, errors, estimates'],
      [2, 'batch', 'one job for each object: listings, templates'],
      [3, 'bullmq', 'the queue and its workers on BullMQ'],
    ],
  ),
  floor(
    9,
    'cli',
    ['@aws-sdk/'],
    [
      [1, 'arguments', 'words of a command line: places, spans of time, errors of usage'],
      [2, 'syntax', 'ffmpeg’s own syntax as a job: files with their options, formats by endings'],
      [2, 'report', 'exit codes, progress, lines for people and JSON lines'],
      [3, 'commands', 'one file for each subcommand'],
      [4, '', 'dispatch, help, signals: the command `avio-streams`'],
    ],
  ),
  floor(
    10,
    TESTING,
    [],
    [
      [1, 'wire', "S3's protocol: signatures, chunks, XML, checksums"],
      [2, 'store', 'buckets, objects, uploads, and where their bytes are kept'],
      [3, 'operations', 'one file for each S3 operation'],
      [4, 'server', 'connections, faults, the call log'],
      [5, '', '`LocalS3`'],
    ],
  ),
]

/** The plan as a Markdown table, from the top down. */
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
