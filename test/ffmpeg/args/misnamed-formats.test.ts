import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { MEANT, meantBy } from '../../../lib/ffmpeg/args/misnamed-formats.js'
import { muxerOf } from '../../../lib/ffmpeg/args/muxers.js'
import { demuxerOption } from '../../../lib/ffmpeg/input-settings.js'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { IMPOSSIBLE } from '../../../lib/ffmpeg/args/muxer-table.js'

const run = promisify(execFile)

/** Every name of every format that the installed binary reads or writes. */
async function names(list: 'muxers' | 'demuxers'): Promise<Set<string>> {
  const { stdout } = await run((await locateFfmpeg()).path, ['-hide_banner', `-${list}`])
  const rows = [...stdout.matchAll(/^ [D ][E ](?:[d ] )? ?(\S+)(?: |$)/gm)]
  return new Set(rows.flatMap(([, row]) => row!.split(',')))
}

for (const as of ['muxer', 'demuxer'] as const) {
  t.test(`replaces only names that the binary lacks as a ${as}, with names that it has`, async t => {
    const known = await names(`${as}s`)
    t.ok(known.size > 100, `${known.size} names`)
    for (const [name, meant] of MEANT) {
      if (meant[as] === undefined) continue
      t.notOk(known.has(name), `${name} is not a ${as}`)
      t.ok(known.has(meant[as]), `${meant[as]}, meant by ${name}, is a ${as}`)
    }
    for (const name of known) t.equal(meantBy(name, as), undefined, `leaves ${name} alone`)
  })
}

t.test('names the format for an extension, in any case, and for a MIME type', async t => {
  const cases: [given: string, muxer: string | undefined, demuxer: string | undefined][] = [
    ['mkv', 'matroska', 'matroska'],
    ['MKV', 'matroska', 'matroska'],
    ['.mkv', 'matroska', 'matroska'],
    ['video/x-matroska', 'matroska', 'matroska'],
    ['m4a', 'ipod', undefined],
    ['ts', 'mpegts', 'mpegts'],
    ['aac', 'adts', undefined],
    ['adts', undefined, 'aac'],
    ['jpg', 'image2pipe', 'jpeg_pipe'],
    ['image/jpeg', 'image2pipe', 'jpeg_pipe'],
    ['wmv', 'asf', 'asf'],
    ['ogv', undefined, 'ogg'],
    ['3gpp', '3gp', '3gp'],
    ['.mp4', 'mp4', 'mp4'],
    ['video/mp4', 'mp4', 'mp4'],
    ['audio/mpeg', 'mp3', 'mp3'],
    ['mp4', undefined, undefined],
    ['MP4', undefined, undefined],
    ['application/octet-stream', undefined, undefined],
    ['a_newer_one', undefined, undefined],
  ]
  for (const [given, muxer, demuxer] of cases) {
    t.equal(meantBy(given, 'muxer'), muxer, `${given} as a muxer`)
    t.equal(meantBy(given, 'demuxer'), demuxer, `${given} as a demuxer`)
  }
})

t.test('makes the constructor reject such a name and suggest the right one', async t => {
  t.throws(() => muxerOf('mkv'), {
    code: 'AVIO_ERR_OPTION',
    option: 'output.format',
    message: /ffmpeg's own name of a muxer, which is "matroska" here, got "mkv"$/,
  })
  t.throws(() => demuxerOption({ format: 'ts' }, 'input.format'), {
    code: 'AVIO_ERR_OPTION',
    option: 'input.format',
    message: /ffmpeg's own name of a demuxer, which is "mpegts" here, got "ts"$/,
  })
  t.equal(demuxerOption({ format: 'm4a' }, 'input.format'), 'm4a', 'ffmpeg reads it by that name')
})

t.test('refuses a misnamed muxer that cannot stream, with that reason', async t => {
  for (const [name, meant] of MEANT) {
    if (meant.muxer === undefined || !Object.hasOwn(IMPOSSIBLE, meant.muxer)) continue
    t.throws(() => muxerOf(name), {
      code: 'AVIO_ERR_MUXER_NOT_STREAMABLE',
      message: new RegExp(`"${meant.muxer}"`),
    })
  }
})
