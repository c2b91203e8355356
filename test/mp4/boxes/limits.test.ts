import t from 'tap'
import { MAX_BOXES, MAX_EDITS, MAX_RUN_SAMPLES, MAX_TRACKS } from '../../../lib/mp4/boxes/limits.js'

t.test('leaves room for ten hours of anything in one box', async t => {
  const seconds = 10 * 3600
  t.ok(MAX_RUN_SAMPLES >= seconds * 300, '300 frames a second, in one run')
  t.ok(MAX_BOXES >= 600 * (25 + 47), 'ten minutes of alternating video and audio, a run each')
  t.equal(Math.min(MAX_EDITS, MAX_TRACKS), 1000, 'more than anyone edits by hand')
})
