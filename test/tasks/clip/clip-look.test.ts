import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { PREPARE, type SourceLook } from '../../../lib/ffmpeg/route/source-look.js'
import { openingAt, silentTracks } from '../../../lib/tasks/clip/clip-look.js'
import { AAC, audioInput, ffmpegToFile, videoInput } from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'
import { LONG_GOP, stillScreen } from '../../support/still-screens.js'

/** Runs `find` with a look at a source. */
async function looked<T>(bytes: Buffer, find: (look: SourceLook) => Promise<T>): Promise<T> {
  let found: T | undefined
  const prepare = async (look: SourceLook) => {
    found = await find(look)
    return { input: [], output: ['-c', 'copy'] }
  }
  const options = {
    input: { source: new LoggedAccess(bytes) },
    output: { format: 'null' },
    [PREPARE]: prepare,
  }
  await buffer(new FfmpegReadable(options))
  return found!
}

t.test('finds the frame shown at a time, and where to start for it', async t => {
  const mp4 = await stillScreen('still.mp4', LONG_GOP, AAC)
  t.match(await looked(mp4, look => openingAt(look, 4)), { shown: 1_960_000, landing: 3.5, pictures: 1 })
  t.match(await looked(mp4, look => openingAt(look, 0)), { shown: 0, landing: undefined })
  t.match(
    await looked(mp4, look => openingAt(look, 60)),
    { shown: 7_960_000 },
    'the last frame for any time after it',
  )
  const gif = await stillScreen('still.gif', [], [])
  t.match(await looked(gif, look => openingAt(look, 4)), { shown: 1_960_000, landing: undefined })
  const audio = await ffmpegToFile([...audioInput(), ...AAC], 'a.m4a')
  t.match(await looked(audio, look => openingAt(look, 1)), { shown: undefined, landing: 0.5, pictures: 0 })
})

t.test('finds audio tracks without data in a span', async t => {
  const late = [...videoInput({ seconds: 4 }), '-itsoffset', '3', ...audioInput({ seconds: 1 })]
  const bytes = await ffmpegToFile([...late, ...LONG_GOP, ...AAC], 'late.ts')
  for (const [start, end, silent] of [
    [0, 2.9, [0]],
    [0, 3.1, []],
    [3.9, 4, []],
  ] as const)
    t.same(
      await looked(bytes, look => silentTracks(look, { start, end })),
      { silent, count: 1 },
      `${start} to ${end}`,
    )
  const none = await ffmpegToFile([...videoInput(), ...LONG_GOP], 'none.mkv')
  t.same(await looked(none, look => silentTracks(look, { start: 0, end: 1 })), { silent: [], count: 0 })
})
