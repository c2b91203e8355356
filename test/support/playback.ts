import type { Page } from 'playwright-core'

/**
 * The `<video>` of a page, for tests. It plays only while a test waits for an event of playback; otherwise, on a busy
 * machine, the media would run to their end between two lines of a test. Times are in seconds of media.
 */
export class Playback {
  constructor(protected readonly page: Page) {}

  /** Runs `script` in the page with the variable `video`; it resolves with JSON. */
  protected run<T>(script: string): Promise<T> {
    return this.page.evaluate(`(async video => { ${script} })(document.querySelector('video'))`)
  }

  /** The duration, once the page knows it. */
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

  /** Seeks, and waits for the frame at that time. */
  seek(time: number): Promise<void> {
    return this.run(`
      const seeked = new Promise(resolve => video.addEventListener('seeked', resolve, { once: true }))
      video.currentTime = ${time}
      await seeked`)
  }

  /** Plays `count` frames, and returns their times. */
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

  /** The present state. */
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

  /** Runs `script`, which calls `start()` to play once it listens; pauses the video afterwards. */
  protected playing<T>(script: string): Promise<T> {
    return this.run(`
      const start = () => video.play().catch(() => {})
      video.muted = true
      try { ${script} } finally { video.pause() }`)
  }
}
