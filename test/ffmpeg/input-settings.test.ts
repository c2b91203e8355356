import t from 'tap'
import { SELF_CONTAINED } from '../../lib/ffmpeg/args/safe-demuxers.js'
import {
  demuxerOption,
  formatWhitelistOption,
  pipeSettings,
  pipedInput,
  sourceSettings,
} from '../../lib/ffmpeg/input-settings.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'

const source = new BytesSource({ bytes: Buffer.alloc(1) })
const input = { format: undefined, args: [], formatWhitelist: SELF_CONTAINED }
const code = 'AVIO_ERR_OPTION'

t.test('has defaults for piped inputs and for inputs read by seeking', async t => {
  t.same(pipeSettings({}, 'input'), { ...input, seek: 'auto' })
  t.same(sourceSettings({ source }, 'input'), { ...input, source })
})

t.test('names the input whose option breaks a rule', async t => {
  const wrong: [string, () => unknown][] = [
    ['inputs[1].seek', () => pipeSettings({ seek: 'sometimes' }, 'inputs[1]')],
    ['inputs[1].args[0]', () => pipeSettings({ args: [1] }, 'inputs[1]')],
    ['inputs[1].format', () => pipeSettings({ format: 'mkv' }, 'inputs[1]')],
    ['source', () => pipeSettings({ source }, 'inputs[1]')],
    ['seek', () => sourceSettings({ source, seek: 'auto' }, 'input')],
    ['input.source', () => sourceSettings({}, 'input')],
  ]
  for (const [option, check] of wrong) t.throws(check, { code, option }, option)
  t.throws(() => pipeSettings({ args: ['-i', 'x'] }, 'input'), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
})

t.test('takes options alone for the input of a stage that is piped into', async t => {
  const options = { format: 'wav' }
  const output = { format: 'mp4' } as const
  t.equal(pipedInput({ output, input: options }), options)
  t.same(pipedInput({ output }), {})
  for (const given of [source, { source }, 'talk.mov', Buffer.alloc(1)]) {
    const message = /to read from a source, use FfmpegReadable/
    t.throws(() => pipedInput({ output, input: given as never }), { code, option: 'input', message })
  }
  t.throws(() => pipedInput({ output, input: 7 as never }), { code, option: 'input' })
})

t.test('adds the demuxer of "format" to the whitelist', async t => {
  t.equal(demuxerOption({ format: 'lmlm4' }, 'format'), 'lmlm4')
  t.same(formatWhitelistOption({ formatWhitelist: ['mov'] }, 'formatWhitelist', 'wav'), ['mov', 'wav'])
  t.throws(() => formatWhitelistOption({ formatWhitelist: ['mov', 'mkv'] }, 'formatWhitelist', undefined), {
    code,
    option: 'formatWhitelist[1]',
    message: /"matroska"/,
  })
})
