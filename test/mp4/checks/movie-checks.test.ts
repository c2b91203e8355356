import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { lateStart, movieProblems, movieWarnings } from '../../../lib/mp4/checks/movie-checks.js'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import {
  AUDIO,
  type TrackSpec,
  VIDEO,
  audioSampleEntry,
  emptyTables,
  esds,
  moov,
  videoSampleEntry,
} from '../../support/fmp4.js'

function checks(
  tracks: readonly TrackSpec[],
  options?: { mvex: boolean },
): { problems: unknown[]; warnings: unknown[] } {
  const bytes = moov(tracks, options)
  const box = Box.topLevel(bytes, 0, bytes.length, 24, 0)
  const movie = parseMovie(box)
  const summary = ({
    code,
    boxPath,
    trackId,
  }: {
    code: string
    boxPath?: string
    trackId?: number
  }): unknown[] => [code.slice(5), boxPath, trackId]
  return {
    problems: [...movieProblems(box, movie)].map(summary),
    warnings: [...movieWarnings(box, movie)].map(summary),
  }
}

t.test('accepts the moov of a fragmented file without warnings', async t => {
  t.same(checks([VIDEO, AUDIO]), { problems: [], warnings: [] })
})

t.test('reports only that a file without mvex is an ordinary file', async t => {
  const tracks = [{ ...VIDEO, tables: emptyTables(3) }]
  t.same(checks(tracks, { mvex: false }).problems, [['ERR_MP4_NOT_FRAGMENTED', 'moov', undefined]])
})

t.test('requires a trex for every track, and no sample lists', async t => {
  const tracks = [VIDEO, { ...AUDIO, trex: null, tables: emptyTables(3) }]
  t.same(checks(tracks).problems, [
    ['ERR_MP4_TREX_MISSING', 'moov/trak[1]', 2],
    ['ERR_MP4_SAMPLES_OUTSIDE_FRAGMENT', 'moov/trak[1]/mdia/minf/stbl', 2],
  ])
})

t.test('warns of formats that Apple’s players reject: hev1 and dvhe, not hvc1', async t => {
  for (const [format, wrong] of Object.entries({ hev1: true, dvhe: true, hvc1: false, avc1: false })) {
    const { warnings } = checks([{ ...VIDEO, entry: videoSampleEntry(format) }])
    t.same(warnings, wrong ? [['WARN_MP4_HEV1', 'moov/trak[0]', 1]] : [], format)
  }
})

t.test('requires an edit list for the priming of AAC, but not of other audio', async t => {
  t.same(checks([{ ...AUDIO, edits: [] }]).warnings, [['WARN_MP4_NO_EDIT_LIST', 'moov/trak[0]', 2]])
  t.same(checks([{ ...AUDIO, edits: [], entry: audioSampleEntry('mp4a', esds(0x6b)) }]).warnings, [])
})

t.test('reports a late first frame in milliseconds', async t => {
  const bytes = moov([VIDEO])
  const box = Box.topLevel(bytes, 0, bytes.length, 24, 0)
  const warning = lateStart(parseMovie(box).tracks[0]!, 80, box)
  t.match(warning, { code: 'AVIO_WARN_MP4_NO_EDIT_LIST', trackId: 1, byteOffset: 24, boxPath: 'moov' })
  t.match(warning.message, /shown 80\.0 ms after/)
})

t.test('reports only edits that players of fragments ignore', async t => {
  const wait = [500, -1] as const
  const start = [0, 80] as const
  const warnings = (...edits: (readonly [number, number])[]) => checks([{ ...VIDEO, edits }]).warnings
  const ignored = [['WARN_MP4_EDIT_IGNORED', 'moov/trak[0]', 1]]
  t.same(warnings(wait, start), ignored)
  t.same(warnings(wait), ignored)
  t.same(warnings([1000, 80], [1000, 4000]), ignored)
  t.same(warnings(start), [])
  t.same(warnings([1000, 80]), [])
  t.same(warnings([0, -1], start), [], 'an empty edit of length 0')
  const bytes = moov([{ ...VIDEO, edits: [start] }])
  bytes.writeUInt32BE(0x8000, bytes.indexOf('elst') + 20)
  const box = Box.topLevel(bytes, 0, bytes.length, 0, 0)
  t.match([...movieWarnings(box, parseMovie(box))], [{ code: 'AVIO_WARN_MP4_EDIT_IGNORED' }], 'half speed')
})
