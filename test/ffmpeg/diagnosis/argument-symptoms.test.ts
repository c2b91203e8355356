import t from 'tap'
import { ARGUMENT_SYMPTOMS } from '../../../lib/ffmpeg/diagnosis/argument-symptoms.js'
import { Diagnosis } from '../../../lib/ffmpeg/diagnosis/diagnosis.js'
import { parseLogLine } from '../../../lib/ffmpeg/log/log.js'

t.test('blames an argument for each message', async t => {
  for (const { code, remedy } of ARGUMENT_SYMPTOMS) {
    t.equal(code, 'AVIO_ERR_FFMPEG_ARGUMENT')
    t.match(remedy, /\w.*\.$/s)
  }
})

t.test('prefers the message that names the option to the one that names the value', async t => {
  const diagnosis = new Diagnosis()
  for (const line of [
    `[libx264 @ 0x1] [Eval @ 0x2] [error] Undefined constant or missing '(' in 'abc'`,
    '[libx264 @ 0x1] [error] Unable to parse option value "abc"',
    '[libx264 @ 0x1] [error] Error setting option crf to value abc.',
  ]) {
    diagnosis.see(parseLogLine(line))
  }
  t.equal(diagnosis.finding?.entry.message, 'Error setting option crf to value abc.')
})
