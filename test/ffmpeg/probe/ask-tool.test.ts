import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { reportOf } from '../../../lib/ffmpeg/probe/ask-tool.js'
import { probeSettings } from '../../../lib/ffmpeg/probe/probe-options.js'
import { transportStream } from '../../support/media.js'

const NEVER = new AbortController().signal

/** Runs the tool on bytes from a pipe. */
async function report(input: Buffer, options: object = {}) {
  const settings = probeSettings(options)
  const access = { url: 'pipe:0', protocols: ['pipe'], env: settings.env, input }
  return reportOf(access, settings, NEVER)
}

const program = async (t: Test, script: string) => {
  const path = join(t.testdir({ tool: `#!/bin/sh\n${script}\n` }), 'tool')
  await chmod(path, 0o755)
  return path
}

t.test('runs ffprobe with the demuxers it may open', async t => {
  t.match(await report(await transportStream()), { by: 'ffprobe', format: { names: ['mpegts'] } })
  const media = await transportStream()
  await t.rejects(report(media, { formatWhitelist: ['mov'] }), { code: 'AVIO_ERR_FORMAT_REFUSED' })
  await t.rejects(report(media, { format: 'nosuch' }), { code: 'AVIO_ERR_UNKNOWN_FORMAT' })
  const { format } = await report(media, { format: 'mpegvideo' })
  t.same(format.names, ['mpegvideo'])
})

t.test('names a tool that writes no report', async t => {
  for (const script of ['exit 0', 'echo "not JSON"', 'echo "{"']) {
    const ffprobePath = await program(t, `cat > /dev/null\n${script}`)
    await t.rejects(report(Buffer.from('x'), { ffprobePath }), {
      code: 'AVIO_ERR_FFMPEG_EXIT',
      ffmpegPath: ffprobePath,
      cause: { name: 'SyntaxError' },
    })
  }
})

t.test('keeps the report if a first frame is unreadable', async t => {
  const answer = '{"streams":[{"index":0,"codec_type":"video","color_transfer":"smpte2084"}]}'
  const once = `cat > /dev/null\ncase "$*" in *show_frames*) exit 1;; esac\necho '${answer}'`
  const { streams } = await report(Buffer.from('x'), { ffprobePath: await program(t, once) })
  t.match(streams, [{ hdr: { type: 'pq' } }])
})

t.test('reads the first frame of at most four streams', async t => {
  const streams = Array.from({ length: 6 }, (_, index) => {
    return { index, codec_type: 'video', color_transfer: 'smpte2084' }
  })
  const light = { side_data_type: 'Content light level metadata', max_content: 9 }
  const frame = JSON.stringify({ frames: [{ side_data_list: [light] }] })
  const answers = `case "$*" in *show_frames*) echo '${frame}';; *) echo '${JSON.stringify({ streams })}';; esac`
  const result = await report(Buffer.from('x'), {
    ffprobePath: await program(t, `cat > /dev/null\n${answers}`),
  })
  t.same(
    result.streams.map(({ hdr }) => hdr!.type),
    ['hdr10', 'hdr10', 'hdr10', 'hdr10', 'pq', 'pq'],
  )
})

t.test('runs ffmpeg if there is no ffprobe', async t => {
  const { PATH, FFPROBE_PATH } = process.env
  const ffmpegPath = join(t.testdir({ ffmpeg: t.fixture('symlink', (await locateFfmpeg()).path) }), 'ffmpeg')
  t.teardown(() => {
    process.env['PATH'] = PATH
    if (FFPROBE_PATH !== undefined) process.env['FFPROBE_PATH'] = FFPROBE_PATH
  })
  const media = await transportStream()
  process.env['PATH'] = process.env['FFPROBE_PATH'] = ''
  t.match(await report(media, { ffmpegPath }), {
    by: 'ffmpeg',
    format: { names: ['mpegts'], tags: {} },
    streams: [
      { type: 'video', codec: 'h264', id: 256 },
      { type: 'audio', codec: 'aac', id: 257 },
    ],
  })
  await t.rejects(report(Buffer.from('x'), { ffmpegPath }), { code: 'AVIO_ERR_INPUT_INVALID' })
})
