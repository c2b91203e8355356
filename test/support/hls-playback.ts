import type { Page } from 'playwright-core'
import { Playback } from './playback.js'

/**
 * What hls.js tells of and gets over by itself where a machine is slow, whatever the media are: a load that took long or
 * that it gave up, a picture that came late, a buffer that ran empty or was full. What media can cause is not in it: that
 * they can't be parsed, decoded or appended.
 */
const OF_THE_MACHINE = /^(aborted|\w+LoadTimeOut|buffer(StalledError|NudgeOnStall|SeekOverHole|FullError))$/

/** The page of `examples/support/player.html`, whose `hls` and `video` are global. */
export class HlsPlayback extends Playback {
  /** Follows what hls.js tells from now on. */
  static async watch(page: Page): Promise<HlsPlayback> {
    await page.evaluate(`
      window.switched = hls.currentLevel < 0 ? [] : [hls.currentLevel]
      window.failures = []
      hls.on(Hls.Events.LEVEL_SWITCHED, (_event, { level }) => switched.push(level))
      const OF_THE_MACHINE = ${String(OF_THE_MACHINE)}
      hls.on(Hls.Events.ERROR, (_event, { fatal, details, error }) => {
        if (fatal || !OF_THE_MACHINE.test(details)) failures.push((fatal ? 'fatal: ' : '') + details + ': ' + (error && error.message))
      })`)
    return new HlsPlayback(page)
  }

  /** The renditions, as soon as the multivariant playlist was read. */
  levels(): Promise<Level[]> {
    return this.run(`
      if (hls.levels.length === 0) await new Promise(resolve => hls.once(Hls.Events.MANIFEST_PARSED, resolve))
      return hls.levels.map(({ width, height, bitrate, videoCodec, audioCodec }) =>
        ({ width, height, bitrate, videoCodec, audioCodec }))`)
  }

  /** Presses the button of a rendition, and plays until a picture of it is drawn. */
  async choose(index: number, { width, height }: Pick<Level, 'width' | 'height'>): Promise<void> {
    // While it stands, hls.js replaces all that is buffered behind the segment that is shown.
    await this.page.getByRole('button', { name: `${width} × ${height}` }).click()
    await this.playing(`
      const isShown = () =>
        hls.currentLevel === ${index} && switched.at(-1) === ${index} && video.videoWidth === ${width}
      await new Promise((resolve, reject) => {
        const look = () => isShown() && resolve()
        video.addEventListener('resize', look)
        hls.on(Hls.Events.LEVEL_SWITCHED, look)
        video.addEventListener('ended', () => isShown() ? resolve() : reject(new Error('it ended before')))
        look()
        start()
      })`)
  }

  /** The renditions that were shown so far, in that order, by their place in {@link levels}. */
  switched(): Promise<number[]> {
    return this.run('return switched')
  }

  /** Errors that hls.js told of, but for those of a slow machine. */
  failures(): Promise<string[]> {
    return this.run('return failures')
  }
}

/** A rendition, as hls.js understood the playlist. */
export interface Level {
  width: number
  height: number
  /** In bits per second. */
  bitrate: number
  videoCodec: string | undefined
  audioCodec: string | undefined
}
