import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegError } from '../../../lib/errors.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { probe } from '../../../lib/ffmpeg/probe/probe.js'
import { withSuggestion } from '../../../lib/ffmpeg/diagnosis/suggestion.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { transportStream } from '../../support/media.js'

const tool = async (signal = new AbortController().signal) => ({
  ...{ path: (await locateFfmpeg()).path, env: { PATH: process.env['PATH'] ?? '' } },
  signal,
})

t.test('suggests the closest name that the installed ffmpeg lists', async t => {
  const cases: [message: string, meant: string][] = [
    ["Unknown encoder 'libx256'. See there.", 'libx265'],
    ["Unknown encoder 'libx265x'. See there.", 'libx265'],
    ["Unknown encoder 'x265'. See there.", 'libx265'],
    ["Unknown encoder 'h265'. See there.", 'libx265'],
    ["Unknown encoder 'LIBX264'. See there.", 'libx264'],
    ["Unknown encoder 'acc'. See there.", 'aac'],
    ["Unknown decoder 'hvec'. See there.", 'hevc'],
    ["No such filter: 'scael'. See there.", 'scale'],
    ["Filter 'scael' not found. See there.", 'scale'],
    ['Unknown input format: matrosca. See there.', 'matroska'],
    ["Unknown input format: 'matrosca'. See there.", 'matroska'],
    ["Requested output format 'matrosca' is not known. See there.", 'matroska'],
    ["Requested output format 'mpegst' is not a suitable output format. See there.", 'mpegts'],
    ["Unrecognized option 'prest:v'. See there.", 'preset'],
    ["Unrecognized option 'shortst'. See there.", 'shortest'],
    ["Error applying option 'widht' to filter 'scale': Option not found. See there.", 'width'],
    ["scale: Option 'widht' not found. See there.", 'width'],
    ["Error parsing filterchain '[0:v] hflip, scael=-2:90[x]' around:. See there.", 'scale'],
    ['Unknown pixel format requested: yuv42p. See there.', 'yuv420p'],
    ["libx264: invalid preset 'vryfast'. See there.", 'veryfast'],
    ['Error setting preset/tune vryfast/(null). See there.', 'veryfast'],
    ["libx264: invalid tune 'zerolatncy'. See there.", 'zerolatency'],
  ]
  for (const [message, meant] of cases) {
    const fields = {
      exitCode: 1,
      stderrTail: 'tail',
      ffmpegPath: 'ffmpeg',
      args: ['-y'],
      bytesIn: 3,
      bytesOut: 0,
    }
    const error = new FfmpegError('AVIO_ERR_UNKNOWN_ENCODER', message, fields)
    const suggested = await withSuggestion(error, await tool())
    t.equal(suggested.message, `${message} Did you mean "${meant}"?`)
    t.match(suggested, { code: 'AVIO_ERR_UNKNOWN_ENCODER', ...fields })
  }
})

t.test('suggests a name in the errors of a stage and of probe, with every ffmpeg', async t => {
  const media = await transportStream({ seconds: 1 })
  const cases: [args: string[], meant: string, input?: object, format?: string][] = [
    [['-c:v', 'libx256'], 'libx265'],
    [['-c:v', 'x265'], 'libx265'],
    [['-c:a', 'acc'], 'aac'],
    [['-vf', 'scael=-2:90'], 'scale'],
    [['-vf', 'scale=widht=90'], 'width'],
    [['-c:v', 'libx264', '-prest', 'fast'], 'preset'],
    [['-c:v', 'libx264', '-preset', 'vryfast'], 'veryfast'],
    [['-c:v', 'libx264', '-pix_fmt', 'yuv42p'], 'yuv420p'],
    [[], 'h264', { args: ['-c:v', 'h246'] }],
    [[], 'mpegts', { format: 'mpegst' }],
    [[], 'matroska', {}, 'matrosca'],
  ]
  for (const [args, meant, input = {}, format = 'nut'] of cases) {
    const stage = new FfmpegTransform({ input, output: { format, args } })
    const sink = new Writable({ write: (_chunk, _encoding, callback) => callback() })
    const run = pipeline(Readable.from([media]), stage, sink)
    await t.rejects(run, { message: new RegExp(` Did you mean "${meant}"\\?$`) }, meant)
  }
  await t.rejects(probe(new BytesSource({ bytes: media }), { format: 'mpegst' }), {
    message: /Did you mean "mpegts"\?$/,
  })
})

t.test('leaves every other error unchanged', async t => {
  for (const error of [
    new Error("Unknown encoder 'libx256'"),
    new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'It failed.'),
    new FfmpegError('AVIO_ERR_UNKNOWN_ENCODER', "Unknown encoder 'nothing_like_it_at_all'. See there."),
    new FfmpegError('AVIO_ERR_UNKNOWN_ENCODER', `Unknown encoder '${'x'.repeat(100_000)}'.`),
  ]) {
    t.equal(await withSuggestion(error, await tool()), error)
  }
})

t.test('leaves the error unchanged if ffmpeg does not answer, or the caller gave up', async t => {
  const error = new FfmpegError('AVIO_ERR_UNKNOWN_ENCODER', "Unknown encoder 'libx256'. See there.")
  t.equal(await withSuggestion(error, { ...(await tool()), path: '/there/is/none' }), error)
  t.equal(await withSuggestion(error, await tool(AbortSignal.abort())), error)
  const end = new AbortController()
  const asked = withSuggestion(error, { ...(await tool(end.signal)), path: process.execPath })
  end.abort()
  t.equal(await asked, error)
})
