import { once } from 'node:events'
import t from 'tap'
import { ProcessInput } from '../../lib/ffmpeg/process-input.js'
import type { PipedInput } from '../../lib/ffmpeg/run/piped-input.js'

/** A stream over an input that accepts everything, with a record of its closings. */
function make() {
  const taken: Buffer[] = []
  const closings: (Error | undefined)[] = []
  let isReleased = false
  const piped = {
    take: (chunks: readonly Buffer[], callback: () => void) => {
      taken.push(...chunks)
      callback()
    },
    end: (callback: () => void) => callback(),
    release: () => (isReleased = true),
  }
  const inputOf = () => piped as unknown as PipedInput
  const onClosing = (error: Error | undefined) => {
    closings.push(error)
    return Promise.resolve()
  }
  const stream = new ProcessInput('inputs[2] of FfmpegProcess', 16, inputOf, onClosing)
  return { stream, piped, taken, closings, isReleased: () => isReleased }
}

t.test('passes on its writes, and closes without an error at the end', async t => {
  const { stream, piped, taken, closings, isReleased } = make()
  t.equal(stream.writableHighWaterMark, 16)
  t.equal(stream.input, piped)
  stream.cork()
  stream.write('ab')
  stream.write('c')
  stream.uncork()
  stream.end('d')
  await once(stream, 'close')
  t.equal(Buffer.concat(taken).toString(), 'abcd')
  t.same(closings, [undefined])
  t.equal(isReleased(), true)
})

t.test('closes with the error it is destroyed with, or one of its own', async t => {
  const boom = new Error('boom')
  const failed = make()
  failed.stream.on('error', () => undefined).destroy(boom)
  await new Promise(resolve => failed.stream.once('close', resolve))
  t.same(failed.closings, [boom])
  const left = make()
  left.stream.destroy()
  await once(left.stream, 'close')
  t.match(left.closings, [
    { code: 'AVIO_ERR_UPSTREAM_CLOSED', message: /^inputs\[2\] of FfmpegProcess was closed/ },
  ])
})
