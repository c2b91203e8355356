import { PLAYERS } from './players.js'
import { activity, appends, buffers, ranges } from './recorder.js'

/**
 * A player counts as stalled after this many consecutive checks without progress, a tenth of a second apart. A busy
 * machine may take long for the first frame.
 */
const PATIENCE = { first: 600, next: 300 }

const TICK = 100

const FRAME_RATE = 25

const canvas = new OffscreenCanvas(20, 4)
const paper = canvas.getContext('2d', { willReadFrequently: true })
paper.imageSmoothingEnabled = false

/**
 * The current frame: its time according to the browser, and the number drawn in it. That has ten bits, and below them
 * their complement.
 */
function look(video) {
  const frame = new VideoFrame(video)
  try {
    paper.drawImage(frame, 0, 0, canvas.width, canvas.height)
    const { data } = paper.getImageData(0, 0, canvas.width, canvas.height)
    const bit = (n, row) => (data[4 * (row * canvas.width + 2 * n + 1)] > 127 ? 1 : 0)
    let number = 0
    for (let n = 0; n < 10; n++) {
      if (bit(n, 1) === bit(n, 3)) return undefined
      number += bit(n, 1) << n
    }
    return { time: frame.timestamp / 1e6, number, height: frame.displayHeight }
  } finally {
    frame.close()
  }
}

/** A player with its own video element, and a record of its frames and errors. */
class Playback {
  static async open(name, src) {
    const video = document.createElement('video')
    video.muted = true
    video.width = 160
    document.body.append(video)
    const playback = new Playback(video)
    playback.player = await PLAYERS[name](video, src, text => playback.errors.push(text))
    return playback
  }

  errors = []
  frames = []
  start = 0

  constructor(video) {
    this.video = video
    video.addEventListener('error', () => this.errors.push(`video: ${video.error?.message}`))
    const seen = () => {
      activity.count++
      const frame = look(video)
      if (frame) this.frames.push(frame)
      video.requestVideoFrameCallback(seen)
    }
    video.requestVideoFrameCallback(seen)
  }

  /** Waits for a condition; `false` if the player stalls or gives up. */
  async until(condition, patience = PATIENCE.next) {
    let still = 0
    let before = ''
    for (;;) {
      if (condition()) return true
      await new Promise(resolve => setTimeout(resolve, TICK))
      const now = `${activity.count} ${this.video.currentTime.toFixed(2)}`
      still = now === before ? still + 1 : 0
      before = now
      if (still > patience) return condition()
    }
  }

  /** Waits until the player stops loading. */
  async settled() {
    let before = -1
    for (let still = 0; still < 5; still = activity.count === before ? still + 1 : 0) {
      before = activity.count
      await new Promise(resolve => setTimeout(resolve, TICK))
    }
  }

  /** Waits for the first frame; without video, for playable audio. */
  async ready(hasPictures) {
    const { video, frames } = this
    return this.until(() => video.readyState >= 2 && (!hasPictures || frames.length > 0), PATIENCE.first)
  }

  /** Plays to the end, and switches renditions on the way if asked to. */
  async play({ rate, switches, sounds }) {
    const { video, player, frames } = this
    const start = video.currentTime
    this.start = start
    const [usual] = frames
    let isChosen = false
    const turn = () => {
      if (isChosen || video.currentTime < start + 1) return
      isChosen = true
      if (switches) player.choosePicture(player.pictures().findIndex(({ height }) => height !== usual.height))
      if (sounds) player.chooseSound(1)
    }
    video.playbackRate = rate
    // Not awaited: without playable media it settles only when the player is removed.
    video.play().catch(error => this.errors.push(`play: ${error.message}`))
    await this.until(() => {
      turn()
      video.playbackRate = rate
      return video.ended
    })
  }

  /** Seeks; resolves with the frame shown there. */
  async seek(time) {
    const { video, frames } = this
    frames.length = 0
    video.currentTime = time
    await this.until(() => !video.seeking && frames.length > 0 && video.readyState >= 2)
    return { asked: time, shown: frames.at(-1) }
  }

  state() {
    const { video, errors, frames, start } = this
    return {
      last: frames.length > 0 ? look(video) : undefined,
      ...{ errors: [...errors], frames: [...frames], start, isEnded: video.ended, time: video.currentTime },
      ...{ duration: video.duration, buffered: ranges(video.buffered), played: ranges(video.played) },
    }
  }

  async close() {
    await this.player.destroy()
    this.video.remove()
  }
}

/** Plays a presentation with a player according to a plan; resolves with the full record. */
window.judge = async ({
  player,
  src,
  hasPictures,
  rate,
  switches,
  sounds,
  seeks,
  firstNumber,
  isGrowing,
}) => {
  const first = await Playback.open(player, src)
  // Some players choose their position in a growing presentation only when asked to play.
  if (isGrowing) first.video.autoplay = true
  const isReady = await first.ready(hasPictures)
  const frame = first.frames.at(-1)
  const pictures = isReady && hasPictures ? first.player.pictures() : []
  const heard = isReady ? first.player.sounds() : []
  if (isReady) await first.play({ rate, switches, sounds })
  const played = first.state()
  const own = buffers.map(({ type, buffer, source }) => {
    const isThere = Array.from(source.sourceBuffers).includes(buffer)
    return { type, buffered: isThere ? ranges(buffer.buffered) : [] }
  })
  const kept = { isReady, first: frame, pictures, heard, ...played, buffers: own, appends: [...appends] }
  await first.close()
  if (!isReady || isGrowing || seeks.length === 0) return { ...kept, seeks: [] }

  const second = await Playback.open(player, src)
  const found = []
  if (await second.ready(hasPictures)) {
    const { time, number } = second.frames.at(-1)
    const start = time - (number - firstNumber) / FRAME_RATE
    for (const time of seeks) {
      await second.settled()
      found.push(await second.seek(start + time))
    }
  }
  await second.close()
  return { ...kept, seeks: found }
}
