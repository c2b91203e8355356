import { spawnSync } from 'node:child_process'
import t from 'tap'
import { mergeLogLevels } from '../../../lib/ffmpeg/args/log-level.js'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

t.test('takes the more verbose of info and the last requested level', async t => {
  t.equal(mergeLogLevels([], 'globalArgs'), 'level+info')
  t.equal(mergeLogLevels(['quiet'], 'globalArgs'), 'level+info')
  t.equal(mergeLogLevels(['debug', 'verbose'], 'globalArgs'), 'level+verbose')
  t.equal(mergeLogLevels(['trace', 'error'], 'globalArgs'), 'level+info')
})

t.test('raises the level above info if the stage needs it', async t => {
  t.equal(mergeLogLevels([], 'globalArgs', 'verbose'), 'level+verbose')
  t.equal(mergeLogLevels(['quiet'], 'globalArgs', 'verbose'), 'level+verbose')
  t.equal(mergeLogLevels(['debug'], 'globalArgs', 'verbose'), 'level+debug')
})

t.test('reads flags and numbers as ffmpeg does', async t => {
  t.equal(mergeLogLevels(['repeat+level+debug'], 'globalArgs'), 'level+debug')
  t.equal(mergeLogLevels(['+repeat'], 'globalArgs'), 'level+info')
  t.equal(mergeLogLevels(['40'], 'globalArgs'), 'level+verbose')
  t.equal(mergeLogLevels(['99'], 'globalArgs'), 'level+trace')
})

t.test('rejects a level unknown to ffmpeg', async t => {
  t.throws(() => mergeLogLevels(['loud'], 'output.args'), { code: 'AVIO_ERR_OPTION', option: 'output.args' })
})

t.test('produces only values that the installed ffmpeg accepts', async t => {
  for (const level of ['info', 'verbose', 'debug', 'trace']) {
    const value = mergeLogLevels([level], 'globalArgs')
    const { status } = spawnSync(FFMPEG, ['-loglevel', value, '-version'])
    t.equal(status, 0, value)
  }
})
