import type { Page } from 'playwright-core'
import { Playback } from './playback.js'

/**
 * Errors of hls.js that a slow machine causes and from which it recovers, whatever the media: a slow or abandoned load,
 * a late frame, an empty or full buffer. Errors that media can cause are not included: in parsing, decoding or
 * appending.
 */
const OF_THE_MACHINE = /^(aborted|\w+LoadTimeOut|buffer(StalledError|NudgeOnStall|SeekOverHole|FullError))$/

/** The page of `examples/support/player.html`, whose `hls` and `video` are global. */
export class HlsPlayback extends Playback {
  /** Records the events of hls.js from now on. */
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

  /** The renditions, once the multivariant playlist is loaded. */
  levels(): Promise<Level[]> {
    return this.run(`
      if (hls.levels.length === 0) await new Promise(resolve => hls.once(Hls.Events.MANIFEST_PARSED, resolve))
      return hls.levels.map(({ width, height, bitrate, videoCodec, audioCodec }) =>
        ({ width, height, bitrate, videoCodec, audioCodec }))`)
  }

  /** Presses the button of a rendition, and plays until one of its frames is drawn. */
  async choose(index: number, { width, height }: Pick<Level, 'width' | 'height'>): Promise<void> {
    // While paused, hls.js replaces the buffer after the present segment.
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

  /** The renditions shown so far, in order, as indexes into {@link levels}. */
  switched(): Promise<number[]> {
    return this.run('return switched')
  }

  /** Errors that hls.js reported, except those of a slow machine. */
  failures(): Promise<string[]> {
    return this.run('return failures')
  }
}

/** A rendition, as hls.js reads it from the playlist. */
export interface Level {
  width: number
  height: number
  /** In bits per second. */
  bitrate: number
  videoCodec: string | undefined
  audioCodec: string | undefined
}
