import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import t from 'tap'
import { SELF_CONTAINED } from '../../lib/ffmpeg/demuxers.js'
import { locateFfmpeg } from '../../lib/ffmpeg/locate.js'
import { hostile } from '../support/playlists.js'
import { matroska } from '../support/media.js'

const run = promisify(execFile)

/** Names of the demuxers of the binary at hand, one list for each. */
async function demuxers(): Promise<string[][]> {
  const { stdout } = await run(await locateFfmpeg(), ['-hide_banner', '-demuxers'])
  const lines = stdout.split('\n').slice(stdout.split('\n').findIndex(line => line.trim() === '--') + 1)
  return lines.flatMap(line => (line.trim() === '' ? [] : [line.trim().split(/\s+/)[1]!.split(',')]))
}

/** Those that open what their input names, run scripts, or are devices. */
const OPENING =
  'hls applehttp dash concat concatf imf webm_dash_manifest sdp rtsp rtp sap image2 vobsub lavfi avisynth vapoursynth ' +
  'svg_pipe alsa fbdev iec61883 jack kmsgrab libcdio libdc1394 openal oss pulse sndio v4l2 video4linux2 x11grab tty ' +
  'ffmetadata android_camera avfoundation bktr decklink dshow gdigrab vfwcap ddagrab xcbgrab'

t.test('no demuxer that opens more than its input is on the list', async t => {
  const list = new Set(SELF_CONTAINED)
  t.same(
    OPENING.split(' ').filter(name => list.has(name)),
    [],
  )
})

/** Not in ffmpeg 5.1, and there before or since. */
const OF_OTHER_VERSIONS =
  'ac4 apv bonk evc hdr_pipe jpegxl_anim jpegxs_pipe lc3 osq qoa rka usm vvc webp_anim'

t.test('most of what the binary can read is on it, and no name is made up', async t => {
  const there = await demuxers()
  t.ok(there.length > 200, `${there.length} demuxers`)
  const list = new Set(SELF_CONTAINED)
  const covered = there.filter(names => names.some(name => list.has(name)))
  t.ok(covered.length > there.length / 2, `${covered.length} of ${there.length}`)
  const known = new Set([...there.flat(), ...OF_OTHER_VERSIONS.split(' ')])
  t.same(
    SELF_CONTAINED.filter(name => !known.has(name)),
    [],
  )
  t.equal(list.size, SELF_CONTAINED.length, 'each once')
})

t.test('the binary takes any one of the names of a demuxer', async t => {
  const media = await matroska()
  const folder = t.testdir({ media })
  const opens = async (whitelist: string) => {
    const args = ['-v', 'error', '-format_whitelist', whitelist, '-i', `${folder}/media`, '-f', 'null', '-']
    return run(await locateFfmpeg(), args).then(
      () => true,
      (error: unknown) => !/Format not on whitelist/.test((error as { stderr: string }).stderr),
    )
  }
  t.same([await opens('matroska'), await opens('mp4,webm'), await opens('mp4')], [true, true, false])
})

t.test('the binary refuses playlists, manifests and scripts, and asks nobody for what they name', async t => {
  let requests = 0
  const canary = createServer((_request, response) => {
    requests++
    response.end()
  })
  await new Promise<void>(resolve => canary.listen(0, '127.0.0.1', resolve))
  t.teardown(() => canary.close())
  const documents = hostile(`http://127.0.0.1:${(canary.address() as AddressInfo).port}/secret.ts`)
  // All protocols are allowed here: it is the list that has to hold.
  const open = async (file: string, more: readonly string[]) => {
    const protocols = ['-protocol_whitelist', 'file,http,tcp']
    const args = ['-v', 'error', ...protocols, ...more, '-i', file, '-f', 'null', '-']
    return run(await locateFfmpeg(), args, { timeout: 20_000 }).then(
      () => '',
      (error: unknown) => (error as { stderr: string }).stderr,
    )
  }
  const folder = t.testdir(documents)
  for (const name of Object.keys(documents)) {
    const said = await open(`${folder}/${name}`, ['-format_whitelist', SELF_CONTAINED.join()])
    t.match(said, /Format not on whitelist/, name)
    t.equal(requests, 0, name)
  }
  await open(`${folder}/hls`, [])
  t.ok(requests > 0, 'without the list it asks')
})
