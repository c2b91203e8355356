import type { Page } from 'playwright-core'
import { Playback } from './playback.js'

/** The page of `examples/support/player.html`, whose `hls` and `video` are global. */
export class HlsPlayback extends Playback {
  /** Follows what hls.js tells from now on. */
  static async watch(page: Page): Promise<HlsPlayback> {
    await page.evaluate(`
      window.switched = hls.currentLevel < 0 ? [] : [hls.currentLevel]
      window.failures = []
      hls.on(Hls.Events.LEVEL_SWITCHED, (_event, { level }) => switched.push(level))
      hls.on(Hls.Events.ERROR, (_event, { fatal, details, error }) => {
        if (!/^(aborted|buffer(Stalled|NudgeOnStall))/.test(details) || fatal) failures.push((fatal ? 'fatal: ' : '') + details + ': ' + (error && error.message))
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

  /** Presses the button of a rendition, and waits until a picture of it is drawn. */
  async choose(index: number, { width, height }: Pick<Level, 'width' | 'height'>): Promise<void> {
    await this.page.getByRole('button', { name: `${width} × ${height}` }).click()
    await this.run(`
      while (hls.currentLevel !== ${index} || switched.at(-1) !== ${index} || video.videoWidth !== ${width}) {
        await new Promise((resolve, reject) => {
          video.addEventListener('ended', () => reject(new Error('it ended before')), { once: true })
          video.addEventListener('resize', resolve, { once: true })
          hls.once(Hls.Events.LEVEL_SWITCHED, resolve)
        })
      }`)
  }

  /** The renditions that were shown so far, in that order, by their place in {@link levels}. */
  switched(): Promise<number[]> {
    return this.run('return switched')
  }

  /**
   * Errors that hls.js told of, but for stalls that it got over and loads that it gave up itself when it switched, as a
   * busy machine has them.
   */
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
