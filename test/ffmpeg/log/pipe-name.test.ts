import { Writable } from 'node:stream'
import t from 'tap'
import { type FfmpegLogEntry, LogReader } from '../../../lib/ffmpeg/log/log.js'
import { isAboutPipeName } from '../../../lib/ffmpeg/log/pipe-name.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { transcode } from '../../../lib/tasks/transcode.js'
import { runCommand } from '../../support/command.js'
import { avi } from '../../support/media.js'

const message = 'Warning, extension is not .m4a nor .m4v Quicktime/Ipod might not play the file'

t.test('knows a warning about the name by its level, its muxer and its text', t => {
  const entry: FfmpegLogEntry = { level: 'warning', component: 'ipod', message }
  t.ok(isAboutPipeName(entry))
  t.ok(isAboutPipeName({ ...entry, message: message.replace('nor .m4v', ', .m4v nor  .m4b') }))
  for (const other of [{ level: 'info' as const }, { component: 'mov' }, { message: `title: ${message}` }])
    t.notOk(isAboutPipeName({ ...entry, ...other }), JSON.stringify(other))
  t.end()
})

t.test('tells nothing about the name of the pipe, of which ffmpeg warns', async t => {
  const input = await avi()
  const warnings: FfmpegLogEntry[] = []
  const log = new LogReader(entry => void warnings.push(entry))
  log.push(Buffer.from((await runCommand({ input, format: 'ipod', args: ['-c:v', 'libx264'] })).log))
  log.end()
  t.ok(warnings.some(isAboutPipeName), 'this ffmpeg warns')

  const told: FfmpegLogEntry[] = []
  const to = new Writable({ write: (_chunk, _encoding, callback) => callback() })
  await transcode({
    input: new BytesSource({ bytes: input }),
    outputs: [{ format: 'ipod', args: ['-c:v', 'libx264'], to }],
    onLog: entry => void told.push(entry),
  })
  t.ok(told.length > 0)
  t.same(told.filter(isAboutPipeName), [])
})
