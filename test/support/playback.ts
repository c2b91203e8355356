import type { Page } from 'playwright-core'

/** The one `<video>` of a page, as a test uses it. Times are in seconds of media. */
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

  /** Starts to play. */
  play(): Promise<void> {
    return this.run('video.muted = true; await video.play()')
  }

  /** Jumps, and waits until the picture of that time is there. */
  seek(time: number): Promise<void> {
    return this.run(`
      const seeked = new Promise(resolve => video.addEventListener('seeked', resolve, { once: true }))
      video.currentTime = ${time}
      await seeked`)
  }

  /** The times of the next `count` pictures that are drawn. */
  pictures(count: number): Promise<number[]> {
    return this.run(`
      const times = []
      while (times.length < ${count}) {
        times.push(await new Promise((resolve, reject) => {
          video.addEventListener('error', () => reject(video.error), { once: true })
          video.requestVideoFrameCallback((_now, { mediaTime }) => resolve(mediaTime))
        }))
      }
      return times`)
  }

  /** How things stand. */
  state(): Promise<{ time: number; width: number; height: number; error: string | null; paused: boolean }> {
    return this.run(`return {
      time: video.currentTime, width: video.videoWidth, height: video.videoHeight,
      error: video.error && video.error.message, paused: video.paused,
    }`)
  }

  /** Plays to the end. */
  ended(): Promise<void> {
    return this.run(
      `if (!video.ended) await new Promise(resolve => video.addEventListener('ended', resolve, { once: true }))`,
    )
  }
}
