import t from 'tap'
import type { Mp4Error } from '../../../lib/errors.js'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { FragmentChecks } from '../../../lib/mp4/checks/fragment-checks.js'
import type { Fmp4FragmentTrack } from '../../../lib/mp4/checks/validation-report.js'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import {
  AUDIO,
  type FragmentSpec,
  VIDEO,
  type TrackSpec,
  box,
  fragment,
  moof,
  moov,
  plainFragment,
} from '../../support/fmp4.js'

/** Checks fragments in order, and logs findings as "code track". */
function check(
  specs: readonly FragmentSpec[],
  tracks: readonly TrackSpec[] = [VIDEO, AUDIO],
): {
  checked: { sequence: number; tracks: Fmp4FragmentTrack[]; missing: number | undefined }[]
  found: string[]
  errors: Mp4Error[]
} {
  const bytes = moov(tracks)
  const found: string[] = []
  const errors: Mp4Error[] = []
  const checks = new FragmentChecks(parseMovie(Box.topLevel(bytes, 0, bytes.length, 0, 0)), {
    problem: error => {
      errors.push(error)
      found.push(`${error.code.slice(13)} ${error.trackId}`)
    },
    warn: warning => found.push(`${warning.code.slice(14)} ${warning.trackId}`),
  })
  const checked = specs.map((spec, n) => {
    const fragment = moof(spec, 0)
    checks.check(Box.topLevel(fragment, 0, fragment.length, 1000 * n, n))
    const { sequence } = checks.fragment
    return { sequence, tracks: checks.parts(), missing: checks.data.missing?.trackId }
  })
  return { checked, found, errors }
}

const samples = [{ size: 1 }, { size: 1 }]

t.test('accepts consecutive fragments', async t => {
  const { checked, found } = check([plainFragment(1), plainFragment(2), plainFragment(3)])
  t.same(found, [])
  t.same(
    checked.map(({ sequence, tracks }) => [
      sequence,
      tracks.map(track => [track.trackId, track.start, track.sync]),
    ]),
    [1, 2, 3].map(n => [
      n,
      [
        [1, (n - 1) * 0.08, true],
        [2, (n - 1) * 0.08, true],
      ],
    ]),
  )
  t.equal(checked[0]!.missing, 1)
})

t.test('requires rising sequence numbers, with gaps allowed', async t => {
  t.same(check([plainFragment(5, 0), plainFragment(9, 80), plainFragment(10, 160)]).found, [])
  t.same(check([plainFragment(2, 0), plainFragment(2, 80)]).found, ['SEQUENCE undefined'])
  const { errors } = check([plainFragment(2, 0), plainFragment(1, 80)])
  t.match(errors[0], { boxPath: 'moof[1]', byteOffset: 1000, message: /number is 1, after 2/ })
})

t.test('rejects a track missing from moov, and reads the others', async t => {
  const strange = { sequence: 1, tracks: [{ id: 9, time: 0, runs: [] }, ...plainFragment(1).tracks] }
  const { checked, errors } = check([strange])
  t.match(errors, [{ code: 'AVIO_ERR_MP4_TRACK_UNKNOWN', boxPath: 'moof[0]/traf[0]', trackId: 9 }])
  t.same(
    checked[0]!.tracks.map(track => track.trackId),
    [1, 2],
  )
})

t.test('requires the time of a track fragment, unless it is the second of its track', async t => {
  const without = { sequence: 1, tracks: [{ id: 1, time: null, runs: [{ samples }] }] }
  t.same(check([without]).found, ['TFDT_MISSING 1'])
  const second = { sequence: 1, tracks: [{ id: 1, time: 0, runs: [{ samples }] }, ...without.tracks] }
  const { checked, found } = check([second])
  t.same(found, [])
  t.match(checked[0]!.tracks, [
    { startTicks: 0, durationTicks: 160, sampleCount: 4, byteLength: 4, duration: 0.16 },
  ])
  t.equal(checked[0]!.tracks.length, 1, 'both count as one')
})

t.test('ignores a track fragment without samples', async t => {
  const { checked, found } = check([
    { sequence: 1, tracks: [{ id: 1, time: null, runs: [{ samples: [] }] }] },
  ])
  t.same([found, checked[0]!.tracks], [[], []])
})

t.test('rejects an overlap of a single tick', async t => {
  const { errors } = check([plainFragment(1), plainFragment(2, 79)])
  t.match(errors, [
    {
      code: 'AVIO_ERR_MP4_TFDT_OVERLAP',
      boxPath: 'moof[1]/traf[0]/tfdt',
      trackId: 1,
      message: /0\.001000 s before 80/,
    },
    { code: 'AVIO_ERR_MP4_TFDT_OVERLAP', boxPath: 'moof[1]/traf[1]/tfdt', trackId: 2 },
  ])
})

t.test('warns of a gap, and calls it a missing fragment if a sequence number is missing too', async t => {
  t.same(check([plainFragment(1), plainFragment(2, 500)]).found, ['TFDT_GAP 1', 'TFDT_GAP 2'])
  const { errors } = check([plainFragment(1), plainFragment(3)])
  t.match(errors[0], {
    code: 'AVIO_ERR_MP4_FRAGMENT_LOST',
    message: /1 sequence number is missing/,
    trackId: 1,
  })
  t.match(check([plainFragment(1), plainFragment(4)]).errors[0]!.message, /2 sequence numbers are missing/)
})

t.test('requires a sync sample at the start of video, but not of audio or of later fragments', async t => {
  const late = [{ size: 1, sync: false }]
  const begin = (id: number): FragmentSpec => ({
    sequence: 1,
    tracks: [{ id, time: 0, runs: [{ samples: late }] }],
  })
  t.match(check([begin(1)]).errors, [
    { code: 'AVIO_ERR_MP4_FIRST_SAMPLE_NOT_SYNC', boxPath: 'moof[0]/traf[0]/trun[0]', trackId: 1 },
  ])
  t.same(check([begin(2)]).found, [])
  const cut = { sequence: 2, tracks: [{ id: 1, time: 80, runs: [{ samples: late }] }] }
  const { checked, found } = check([plainFragment(1), cut])
  t.same(found, [])
  t.equal(checked[1]!.tracks[0]!.sync, false)
})

t.test('accepts the late start of B-frames without an edit list', async t => {
  const delayed = {
    sequence: 1,
    tracks: [{ id: 1, time: 0, runs: [{ samples: [{ size: 1, offset: 80 }] }] }],
  }
  t.same(check([delayed], [{ ...VIDEO, edits: [] }]).found, ['NO_EDIT_LIST 1'])
  t.same(check([delayed], [{ ...VIDEO, edits: [[0, 80]] }]).found, [])
  t.same(check([plainFragment(1)], [{ ...VIDEO, edits: [] }, AUDIO]).found, [], 'not needed without B-frames')
})

t.test('finds a missing fragment if each fragment holds one track', async t => {
  const alone = (sequence: number, track: 0 | 1, time: number) => {
    const { tracks } = plainFragment(sequence, time)
    return { sequence, tracks: [tracks[track]!] }
  }
  const turns = [
    alone(1, 0, 0),
    alone(2, 1, 0),
    alone(3, 0, 80),
    alone(4, 1, 80),
    alone(5, 0, 160),
    alone(6, 1, 160),
  ]
  t.same(check(turns).found, [])
  for (const lost of [2, 3]) {
    t.match(check(turns.filter((_, n) => n !== lost)).found, [/FRAGMENT_LOST/], `number ${lost + 1}`)
  }
})

t.test('checks a fragment like one before without reading it, once that one is kept', async t => {
  const head = moov([VIDEO])
  const checks = new FragmentChecks(parseMovie(Box.topLevel(head, 0, head.length, 0, 0)), {
    problem: error => t.fail(error.message),
    warn: warning => t.fail(warning.message),
  })
  const one = (sequence: number, size = 9): Buffer =>
    fragment({ sequence, tracks: [{ id: 1, time: sequence * 40, runs: [{ samples: [{ size }] }] }] })
  const bytes = one(1)
  const moofBox = Box.topLevel(bytes, 0, bytes.readUInt32BE(0), 0, 0)
  checks.check(moofBox)
  t.equal(checks.repeat(one(2), 0), 0, 'nothing is kept yet')
  checks.learn(moofBox)
  t.equal(checks.repeat(one(2), 0), one(2).length)
  const later = Buffer.concat([Buffer.alloc(5), one(3, 70), one(4)])
  t.equal(checks.repeat(later, 5), 5 + one(3, 70).length)
  t.same([checks.sequence, checks.parts().map(({ byteLength }) => byteLength)], [3, [70]])
  t.equal(
    checks.repeat(later.subarray(0, -1), 5 + one(3, 70).length),
    0,
    'its data goes on after these bytes',
  )
  t.equal(checks.repeat(later, 5 + one(3, 70).length), later.length)
  t.equal(checks.timelines.get(1)!.report(1).sampleCount, 4)
})

t.test('stops keeping fragments if none are alike', async t => {
  const head = moov([VIDEO])
  const checks = new FragmentChecks(parseMovie(Box.topLevel(head, 0, head.length, 0, 0)), {
    problem: error => t.fail(error.message),
    warn: warning => t.fail(warning.message),
  })
  const one = (sequence: number, boxes: number): Buffer => {
    const track = { id: 1, time: sequence * 40, runs: [{ samples: [{ size: 9 }] }] }
    return fragment({ sequence, tracks: [{ ...track, boxes: box('free', Buffer.alloc(boxes)) }] })
  }
  const take = (bytes: Buffer): boolean => {
    if (checks.repeat(bytes, 0) > 0) return true
    const moofBox = Box.topLevel(bytes, 0, bytes.readUInt32BE(0), 0, 0)
    checks.check(moofBox)
    checks.learn(moofBox)
    return false
  }
  for (let n = 1; n <= 16; n++) t.notOk(take(one(n, n)))
  t.ok(take(one(17, 13)), 'four are kept')
  t.notOk(take(one(18, 1)), 'but no more')
  t.ok(take(one(19, 1)), 'one was used, so this one is kept')
  t.ok(take(one(20, 1)))
  t.notOk(take(one(21, 50)))
  t.notOk(take(one(22, 51)))
  t.notOk(take(one(23, 60)))
  t.notOk(take(one(24, 60)), 'too many were in vain')
})
