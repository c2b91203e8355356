import { buffer } from 'node:stream/consumers'
import t from 'tap'
import type { FfmpegReadableOptions, FfmpegRunOptions } from '../../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { PREPARE, type Prepare } from '../../../lib/ffmpeg/route/source-look.js'
import { resources, resourcesSince } from '../../support/child.js'
import { fastStartMp4, packetsOf } from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'

const COPY = ['-map', '0:v', '-c', 'copy']

/** A stage that finds its arguments with a look at the source. */
async function stage(prepare: Prepare, more: Partial<FfmpegRunOptions> = {}) {
  const source = new LoggedAccess(await fastStartMp4({ seconds: 4 }))
  const options = { input: { source }, output: { format: 'matroska', args: ['-c', 'copy'] }, ...more }
  const prepared: object = { ...options, [PREPARE]: prepare }
  return new FfmpegReadable(prepared as FfmpegReadableOptions)
}

t.test('runs ffmpeg with the arguments that the look finds', async t => {
  const stream = await stage(async look => {
    look.remark('Only a second of it.')
    return Promise.resolve({ input: ['-t', '1'], output: COPY })
  })
  const remarks: string[] = []
  stream.on('log', ({ component, message }) => component === 'avio-streams' && remarks.push(message))
  const packets = await packetsOf(await buffer(stream))
  t.equal(packets.length, 25)
  t.same(remarks, ['Only a second of it.'])
})

t.test('ends a look once its listener has enough, and returns whether it succeeded', async t => {
  const before = resources()
  const lines: string[] = []
  const successes: boolean[] = []
  const never = { onLog: () => undefined, isEnough: () => false }
  const stream = await stage(async look => {
    const listener = {
      ...never,
      onLine: (line: string) => lines.push(line),
      isEnough: () => lines.length > 5,
    }
    const args = { input: [], output: ['-c', 'copy'], format: 'framecrc' } as const
    successes.push(await look.run(args, listener))
    successes.push(await look.run({ input: [], output: COPY, format: 'null' }, never))
    successes.push(await look.run({ input: [], output: ['-map', '0:s'], format: 'null' }, never))
    return { input: [], output: COPY }
  })
  await buffer(stream)
  t.same(successes, [true, true, false])
  t.match(lines.join('\n'), /^#media_type 0: video$/m)
  t.same(await resourcesSince(before), {})
})

t.test('fails the stage if its look fails, and aborts the look with the stage', async t => {
  const error = new Error('It broke')
  await t.rejects(buffer(await stage(() => Promise.reject(error))), error)
  const abort = new AbortController()
  const prepare: Prepare = async look => {
    const listener = { onLog: () => abort.abort(), isEnough: () => false }
    await look.run({ input: ['-re'], output: COPY, format: 'null' }, listener)
    return { input: [], output: COPY }
  }
  await t.rejects(buffer(await stage(prepare, { signal: abort.signal })), { name: 'AbortError' })
})
