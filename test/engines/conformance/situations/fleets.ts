import { twoFfmpegs } from '../ffmpegs.js'
import { CHUNKS, type FilmCodec } from '../film.js'
import { reference } from '../reference.js'
import { type Situation, ended } from '../situation.js'

const CODECS: readonly FilmCodec[] = ['h264', 'hevc']

/** Workers that are not alike. */
export const FLEETS: readonly Situation[] = CODECS.flatMap((codec): Situation[] => [
  {
    name: `workers with two versions of ffmpeg share a film in ${codec}`,
    engines: ['redis', 'postgres'],
    run: async lab => {
      const [own, other] = await twoFfmpegs()
      const planner = await lab.farm.start({ ffmpegPath: own.path })
      const held = lab.holdSecondChunk()
      const { id } = await lab.farm.add(lab.job({ codec }))
      await held.reached
      const stranger = await lab.farm.start({ ffmpegPath: other.path })
      const back = await stranger.hears(({ type }) => type === 'back')
      lab.check(
        back.error?.code === 'AVIO_ERR_PLAN_OTHER_FFMPEG',
        `it gave the chunk back with ${back.error?.code}`,
      )
      await planner.kill()
      held.release()
      while (!(await lab.farm.unfit()).includes(id)) await new Promise(resolve => setTimeout(resolve, 100))
      await lab.farm.start({ ffmpegPath: own.path })
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference({ codec }, own.path)], commits: [1], encoded: CHUNKS + 1 }
    },
  },
  {
    name: `workers with one and with several processors share a film in ${codec}`,
    run: async lab => {
      await Promise.all([lab.farm.start({ processors: '0' }), lab.farm.start()])
      const { id } = await lab.farm.add(lab.job({ codec }))
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference({ codec })], commits: [1], encoded: CHUNKS }
    },
  },
])
