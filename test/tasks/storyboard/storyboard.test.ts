import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import {
  type SpriteSheet,
  type StoryboardOptions,
  storyboard,
} from '../../../lib/tasks/storyboard/storyboard.js'
import { AAC, audioInput, ffmpegToFile, ffprobeJson, indexLastMp4 } from '../../support/media.js'
import { recorder } from '../../support/recorder.js'
import { LoggedAccess } from '../../support/random-accesses.js'

async function all(options: StoryboardOptions): Promise<SpriteSheet[]> {
  const list: SpriteSheet[] = []
  for await (const sheet of storyboard(options)) list.push(sheet)
  return list
}

async function sizeOf(image: Buffer): Promise<unknown> {
  const entries = ['-show_entries', 'stream=codec_name,width,height']
  return (await ffprobeJson<{ streams: unknown[] }>(image, entries)).streams[0]
}

t.test('tiles thumbnails into sheets, the last no larger than necessary', async t => {
  const source = new LoggedAccess(await indexLastMp4({ seconds: 6 }))
  const sheets = await all({ source, every: 1, columns: 2, rows: 2, width: 64 })
  t.equal(sheets.length, 2)
  t.match(await sizeOf(sheets[0]!.image), { codec_name: 'mjpeg', width: 128, height: 72 })
  t.match(await sizeOf(sheets[1]!.image), { codec_name: 'mjpeg', width: 128, height: 36 })
  t.same(
    sheets.map(({ tiles }) => tiles.map(({ start, x, y }) => [start, x, y])),
    [
      [
        [0, 0, 0],
        [1, 64, 0],
        [2, 0, 36],
        [3, 64, 36],
      ],
      [
        [4, 0, 0],
        [5, 64, 0],
      ],
    ],
  )
  t.equal(sheets[0]!.tiles.at(-1)!.end, 4)
  t.ok(Math.abs(sheets[1]!.tiles.at(-1)!.end - 6) < 0.1)
})

t.test('accepts a custom size and another format', async t => {
  const source = new LoggedAccess(await indexLastMp4({ seconds: 6 }))
  const [sheet] = await all({ source, times: [1, 2], columns: 2, width: 40, height: 40, format: 'png' })
  t.match(await sizeOf(sheet!.image), { codec_name: 'png', width: 80, height: 40 })
})

t.test('rejects a source without video, and a wrong option when called', async t => {
  const audio = await ffmpegToFile([...audioInput({ seconds: 3 }), ...AAC], 'audio.m4a')
  await t.rejects(all({ source: new LoggedAccess(audio), count: 2 }), { code: 'AVIO_ERR_NO_SUCH_STREAM' })
  const source = new LoggedAccess(audio)
  t.throws(() => storyboard({ source, count: 2, columns: 0 }), { message: /"columns" must be an integer/ })
  t.throws(() => storyboard({ source } as never), { message: /exactly one of/ })
  t.throws(() => storyboard({ source, count: 2, width: 1 }), {
    message: /"width" must be an integer from 2 to 4096/,
  })
})

t.test('gives the global arguments to the ffmpeg that draws the sheet', async t => {
  const { ffmpegPath, ffprobePath, runs } = await recorder(t)
  const source = new LoggedAccess(await indexLastMp4({ seconds: 3 }))
  await all({ source, ffmpegPath, ffprobePath, times: [1], globalArgs: ['-filter_threads', '1'] })
  const sheet = runs().filter(({ args }) => args.includes('tile='))
  t.equal(sheet.length, 1)
  t.match(sheet[0]!.args, /-filter_threads 1 /)
})

t.test('kills the ffmpeg that draws the sheet after the killTimeout', async t => {
  // It lives on for longer than the option says, and for less than the default.
  const stubborn = `case "$*" in *tile=*)
    trap 'sleep 3; echo survived > "$(dirname "$0")/survived"; exit' TERM
    echo drawing > "$(dirname "$0")/drawing"
    while true; do sleep 0.1; done
  esac`
  const { folder, ffmpegPath, ffprobePath } = await recorder(t, stubborn)
  const source = new LoggedAccess(await indexLastMp4({ seconds: 3 }))
  const controller = new AbortController()
  const { signal } = controller
  const sheets = all({ source, ffmpegPath, ffprobePath, times: [1], killTimeout: 1, signal })
  sheets.catch(() => undefined)
  while (!existsSync(`${folder}/drawing`)) await setTimeout(20)
  controller.abort()
  await t.rejects(sheets, { name: 'AbortError' })
  t.equal(existsSync(`${folder}/survived`), false)
})

t.test(
  'gives the limits of the system to each tool, and the allowed formats to each that opens the source',
  async t => {
    const { ffmpegPath, ffprobePath, runs } = await recorder(t)
    const source = new LoggedAccess(await indexLastMp4({ seconds: 3 }))
    const formatWhitelist = ['mov', 'matroska']
    await all({ source, ffmpegPath, ffprobePath, times: [1], formatWhitelist, limits: { threads: 3 } })
    const args = (part: string) => runs().filter(run => run.args.includes(part))
    const [look, picture, sheet] = [args('-show_streams'), args('showinfo'), args('tile=')]
    for (const tool of [look, picture, sheet]) {
      t.equal(tool.length, 1)
      t.match(tool[0]!.args, / -threads 3 /)
    }
    for (const tool of [look, picture]) t.match(tool[0]!.args, / -format_whitelist mov,matroska /)
  },
)
