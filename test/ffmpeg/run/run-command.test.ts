import t from 'tap'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { versionOf } from '../../../lib/ffmpeg/binary/read-version.js'
import { type CommandMaker, descriptors, jobCommand } from '../../../lib/ffmpeg/run/run-command.js'
import type { RunSpec } from '../../../lib/ffmpeg/run/run-spec.js'
import { SeekableInputs } from '../../../lib/ffmpeg/run/seekable-inputs.js'
import { UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { transportStream } from '../../support/media.js'

const env = { PATH: process.env['PATH']! }
const { signal } = new AbortController()
const { path } = await locateFfmpeg(undefined)
const media = await transportStream()

const INPUT = { format: undefined, args: [], formatWhitelist: ['mpegts'], source: undefined, head: media }
const OUTPUT = { format: 'mpegts', args: [], push: () => true }

const spec = (more: Partial<RunSpec>): RunSpec => ({
  ...{ ffmpegPath: path, inputs: [INPUT], outputs: [OUTPUT], globalArgs: [], env, killTimeout: 5000 },
  ...{ limits: UNLIMITED, cacheSize: 1024 ** 2, ...more },
})

/** The parts that a run provides for its command, and a record of the calls. */
function maker(more: Partial<CommandMaker> = {}) {
  const calls: string[] = []
  const made: CommandMaker = {
    ...{ path, prefix: [], version: versionOf(path, env, signal), seekable: undefined, signal },
    remark: message => calls.push(message),
    noteLoss: (input, message) => calls.push(`${input}: ${message}`),
    keepCover: outputs => calls.push(`cover for ${outputs.join()}`),
    ...more,
  }
  return { calls, made }
}

t.test('gives pipes the standard descriptors first', async t => {
  t.same(descriptors(1, 1), { inputs: [0], outputs: [1] })
  t.same(descriptors(0, 2), { inputs: [], outputs: [1, 4] })
  t.same(descriptors(2, 2), { inputs: [0, 4], outputs: [1, 5] })
})

t.test('gives each input and output a pipe of its own, and a name', async t => {
  const inputs = [INPUT, { ...INPUT, name: 's3://b/sound.ts' }]
  const { made, calls } = maker()
  const command = await jobCommand(spec({ inputs, outputs: [OUTPUT, OUTPUT] }), made)
  t.same(command.pipes, ['in', 'out', 'out', 'out', 'in', 'out'])
  t.same(
    [command.inputs, command.outputs],
    [
      [0, 4],
      [1, 5],
    ],
  )
  t.same(
    [...command.names!],
    [
      ['pipe:0', 'inputs[0]'],
      ['pipe:4', 's3://b/sound.ts'],
      ['pipe:1', 'outputs[0]'],
      ['pipe:5', 'outputs[1]'],
    ],
  )
  t.equal(command.inputName, undefined)
  t.match(command.args.join(' '), /-i pipe:0 .*-i pipe:4 .*pipe:1 .*pipe:5/)
  t.match(command.args.join(' '), /-progress pipe:3/)
  t.same(calls, [])
})

t.test('passes the server of inputs read by seeking in the environment, without a pipe', async t => {
  const source = new BytesSource({ bytes: media })
  const seekable = await SeekableInputs.open([{ source, head: Buffer.alloc(0) }], 1024 ** 2, error => {
    throw error
  })
  t.teardown(() => seekable.close())
  const { made } = maker({ seekable })
  const command = await jobCommand(spec({ inputs: [{ ...INPUT, source, head: Buffer.alloc(0) }] }), made)
  t.same(command.pipes, ['none', 'out', 'out', 'out'])
  t.ok(command.args.includes(seekable.urls[0]!))
  t.type(command.env['http_proxy'], 'string')
  t.equal(command.inputName, source.name)
})

t.test('rejects an empty input read by seeking before it runs anything', async t => {
  const source = new BytesSource({ bytes: Buffer.alloc(0) })
  const seekable = await SeekableInputs.open([{ source, head: Buffer.alloc(0) }], 1024 ** 2, error => {
    throw error
  })
  t.teardown(() => seekable.close())
  const { made } = maker({ seekable, path: '/nowhere/ffmpeg' })
  const empty = spec({ inputs: [{ ...INPUT, source, head: Buffer.alloc(0) }] })
  await t.rejects(jobCommand(empty, made), { code: 'AVIO_ERR_INPUT_INVALID' })
})

t.test('hides lines of the level verbose unless the user asks for them', async t => {
  const levels = [
    [[], true],
    [['-loglevel', 'verbose'], false],
  ] as const
  for (const [globalArgs, hidesVerbose] of levels) {
    const command = await jobCommand(spec({ globalArgs }), maker().made)
    t.equal(command.hidesVerbose, hidesVerbose)
    t.ok(command.args.includes('level+verbose'))
  }
})

t.test('reports a program without a version, and the loss on a pipe', async t => {
  const { made, calls } = maker({ version: Promise.resolve(undefined) })
  await jobCommand(spec({ inputs: [{ ...INPUT, lost: 'has its cover after its media' }] }), made)
  t.match(calls, [/does not say which ffmpeg/, /^0: The input has its cover after its media\. /])
})

t.test('takes arguments from a look, and aborts it with the signal', async t => {
  const prepare = () => Promise.resolve({ input: ['-ss', '1'], output: ['-t', '2'] })
  const { args } = await jobCommand(spec({ prepare }), maker().made)
  t.match(args.join(' '), /-ss 1 .*-i pipe:0 .*-t 2/)
  const abort = new AbortController()
  const late = () => {
    abort.abort(new Error('Given up'))
    return prepare()
  }
  await t.rejects(jobCommand(spec({ prepare: late }), maker({ signal: abort.signal }).made), {
    message: 'Given up',
  })
})
