import type { Page } from 'playwright-core'

/**
 * The one `<video>` of a page, as a test uses it: it stands but while a test waits for something that playing brings. On a
 * busy machine the media would run on between two lines of a test, to their end. Times are in seconds of media.
 */
export class Playback {
  constructor(protected readonly page: Page) {}

  /** Runs `script` in the page with `video` at hand; what it resolves with is JSON. */
  protected run<T>(script: string): Promise<T> {
    return this.page.evaluate(`(async video => { ${script} })(document.querySelector('video'))`)
  }

  /** The length, as soon as the page knows it. */
  duration(): Promise<number> {
    return this.run(`
      if (video.readyState < video.HAVE_METADATA) {
        await new Promise((resolve, reject) => {
          video.addEventListener('loadedmetadata', resolve)
          video.addEventListener('error', () => reject(video.error))
        })
      }
      return video.duration`)
  }

  /** Jumps, and waits until the picture of that time is there. */
  seek(time: number): Promise<void> {
    return this.run(`
      const seeked = new Promise(resolve => video.addEventListener('seeked', resolve, { once: true }))
      video.currentTime = ${time}
      await seeked`)
  }

  /** Plays `count` pictures, and tells their times. */
  pictures(count: number): Promise<number[]> {
    return this.playing(`
      const times = []
      while (times.length < ${count}) {
        times.push(await new Promise((resolve, reject) => {
          video.addEventListener('error', () => reject(video.error), { once: true })
          video.requestVideoFrameCallback((_now, { mediaTime }) => resolve(mediaTime))
          start()
        }))
      }
      return times`)
  }

  /** How things stand. */
  state(): Promise<{ time: number; width: number; height: number; error: string | null }> {
    return this.run(`return {
      time: video.currentTime, width: video.videoWidth, height: video.videoHeight,
      error: video.error && video.error.message,
    }`)
  }

  /** Plays to the end. */
  ended(): Promise<void> {
    return this.playing(`
      const ended = new Promise(resolve => video.addEventListener('ended', resolve, { once: true }))
      start()
      if (!video.ended) await ended`)
  }

  /** Runs `script`, which has the video play by `start()` once it listens; it stands again when that is over. */
  protected playing<T>(script: string): Promise<T> {
    return this.run(`
      const start = () => video.play().catch(() => {})
      video.muted = true
      try { ${script} } finally { video.pause() }`)
  }
}
