import t from 'tap'
import { checkResult, resultLocation } from '../../../lib/job/split/piece-result.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'

const PLAN = { hash: 'h', work: { bucket: 'w', prefix: 'p/' } } as SplitPlan
const RESULT = {
  ...{
    version: 1,
    plan: 'h',
    piece: 'audio',
    media: { bucket: 'w', key: 'k', etag: '"e"', bytes: 9 },
    end: 9,
  },
  init: { bytes: 3, sha256: 's' },
  tracks: [{ timescale: 48_000, startTicks: 0, durationTicks: 1024, samples: 1 }],
  fingerprint: { ffmpeg: '7', build: 'b', encoder: '' },
}

t.test('takes the result of a piece, and of no other', async t => {
  t.equal(checkResult(RESULT, PLAN, 'audio'), RESULT)
  t.throws(() => checkResult(RESULT, PLAN, 'chunk-00000'), {
    code: 'AVIO_ERR_PLAN_INVALID',
    piece: 'chunk-00000',
  })
  t.throws(() => checkResult({ ...RESULT, plan: 'other' }, PLAN, 'audio'), { code: 'AVIO_ERR_PLAN_INVALID' })
  for (const part of ['media', 'init', 'tracks', 'fingerprint', 'end', 'version'])
    t.throws(
      () => checkResult({ ...RESULT, [part]: undefined }, PLAN, 'audio'),
      { code: 'AVIO_ERR_PLAN_INVALID' },
      part,
    )
  t.throws(() => checkResult({ ...RESULT, tracks: [] }, PLAN, 'audio'), { code: 'AVIO_ERR_PLAN_INVALID' })
  t.throws(() => checkResult(null, PLAN, 'audio'), { code: 'AVIO_ERR_BAD_RESPONSE', key: 'p/h/audio.json' })
  t.same(resultLocation(PLAN, 'audio'), { bucket: 'w', key: 'p/h/audio.json' })
})
