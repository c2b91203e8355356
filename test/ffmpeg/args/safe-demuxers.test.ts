import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import t from 'tap'
import { OPENING, SELF_CONTAINED, demuxersFor } from '../../../lib/ffmpeg/args/safe-demuxers.js'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { hostile } from '../../support/playlists.js'
import { matroska } from '../../support/media.js'

const run = promisify(execFile)

/** Names of the installed binary's demuxers, one list per demuxer. */
async function demuxers(): Promise<string[][]> {
  const { stdout } = await run((await locateFfmpeg()).path, ['-hide_banner', '-demuxers'])
  // Flags (a demuxer, possibly a muxer, since 7 a device), the names, a description.
  const rows = [...stdout.matchAll(/^ D[E ](?:[d ] )? ?(\S+)(?: |$)/gm)]
  return rows.map(([, names]) => names!.split(','))
}

/** Demuxers that open no other file, but stay off the list: formats of one game or console, texts, drawings, dumps. */
const BY_NAME_ONLY = new Set(
  (
    '3dostr 4xm ace acm adp ads afc aix argo_brp bethsoftvid binka bmv boa c93 data dcstr derf dfa dsicin dxa ea ea_cdata ' +
    'ffmetadata frm fsb fwse gdv genh hnm idcin ipmovie iss mca mgsts mm mods moflex mtaf mtv musx mvi pp_bnk psxstr ' +
    'redspark rsd scd sdns sdr2 sga smush sol svag svg_pipe svs tiertexseq tmv tty txd vag vmd vpk wady wsvqa xmd xmv ' +
    'xvag yop'
  ).split(' '),
)

t.test('classifies every demuxer of the binary: self-contained, opening more, or by name only', async t => {
  const installed = await demuxers()
  t.ok(installed.length > 200, `${installed.length} demuxers`)
  const safe = new Set(SELF_CONTAINED)
  const isIn = (names: readonly string[], list: ReadonlySet<string>) => names.some(name => list.has(name))
  t.same(
    installed
      .filter(names => !isIn(names, safe) && !isIn(names, OPENING) && !isIn(names, BY_NAME_ONLY))
      .flat(),
    [],
  )
  t.same(
    installed.filter(names => isIn(names, safe) && (isIn(names, OPENING) || isIn(names, BY_NAME_ONLY))),
    [],
  )
})

t.test('lists no demuxer that opens more than its input', async t => {
  t.same(
    SELF_CONTAINED.filter(name => OPENING.has(name)),
    [],
  )
})

/** Not in every tested version: removed before 9.0 or added since 5.1. */
const OF_OTHER_VERSIONS =
  'ac4 apac apv bonk evc g728 hdr_pipe hxvs iamf jpegxl_anim jpegxs_pipe laf lc3 osq pdv qoa rcwt rka usm vvc wavarc webp_anim'

t.test('lists only existing names, each once', async t => {
  const known = new Set([...(await demuxers()).flat(), ...OF_OTHER_VERSIONS.split(' ')])
  t.same(
    SELF_CONTAINED.filter(name => !known.has(name)),
    [],
  )
  t.equal(new Set(SELF_CONTAINED).size, SELF_CONTAINED.length)
})

t.test('adds a demuxer that the user names, unless it opens more than its input', async t => {
  t.equal(demuxersFor([], undefined), SELF_CONTAINED)
  t.equal(demuxersFor([], 'matroska'), SELF_CONTAINED, 'the list already has it')
  t.same(demuxersFor([], 'smush'), [...SELF_CONTAINED, 'smush'])
  t.same(demuxersFor(['mov'], 'Data'), ['mov', 'data'], "to a list of the user's own as well")
  for (const name of [...OPENING, 'HLS', 'Concat', 'data,hls', 'data,', '']) {
    t.equal(demuxersFor([], name), SELF_CONTAINED, name)
  }
  t.same(demuxersFor(['hls', 'mpegts'], 'hls'), ['hls', 'mpegts'])
})

t.test("needs only one of a demuxer's names on the whitelist", async t => {
  const media = await matroska()
  const folder = t.testdir({ media })
  const opens = async (whitelist: string) => {
    const args = ['-v', 'error', '-format_whitelist', whitelist, '-i', `${folder}/media`, '-f', 'null', '-']
    return run((await locateFfmpeg()).path, args).then(
      () => true,
      (error: unknown) => !/Format not on whitelist/.test((error as { stderr: string }).stderr),
    )
  }
  t.same([await opens('matroska'), await opens('mp4,webm'), await opens('mp4')], [true, true, false])
})

t.test(
  'makes the binary reject playlists, manifests and scripts without requesting anything they name',
  async t => {
    let requests = 0
    const canary = createServer((_request, response) => {
      requests++
      response.end()
    })
    await new Promise<void>(resolve => canary.listen(0, '127.0.0.1', resolve))
    t.teardown(() => canary.close())
    const documents = hostile(`http://127.0.0.1:${(canary.address() as AddressInfo).port}/secret.ts`)
    // All protocols are allowed here: only the list prevents requests.
    const open = async (file: string, more: readonly string[]) => {
      const protocols = ['-protocol_whitelist', 'file,http,tcp']
      const args = ['-v', 'error', ...protocols, ...more, '-i', file, '-f', 'null', '-']
      return run((await locateFfmpeg()).path, args, { timeout: 20_000 }).then(
        () => '',
        (error: unknown) => (error as { stderr: string }).stderr,
      )
    }
    // Since 7, ffmpeg recognizes HLS only if the file name matches as well.
    const names = { hls: 'list.m3u8', dash: 'manifest.mpd', concat: 'script' }
    const folder = t.testdir(
      Object.fromEntries(Object.entries(names).map(([kind, name]) => [name, documents[kind as 'hls']])),
    )
    for (const name of Object.values(names)) {
      const log = await open(`${folder}/${name}`, ['-format_whitelist', SELF_CONTAINED.join()])
      t.match(log, /Format not on whitelist/, name)
      t.equal(requests, 0, name)
    }
    await open(`${folder}/${names.hls}`, [])
    t.ok(requests > 0, 'without the list it sends requests')
  },
)
